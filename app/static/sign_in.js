// Signing in with a phone number (a code by text message, or shown in development; who is meant when the number was idle), or with
// the national identity, where the city offers it.
import { call, deviceId, Refused } from "./api.js";
import { handler, tellIn } from "./attempt.js";
import { h } from "./dom.js";
import { enter } from "./entering.js";
import { nationalButton } from "./national.js";
import { t } from "./words.js";

export async function signIn() {
  const ways = await call("GET", "/v1/sign-in/ways");
  const phone = h("input", { id: "phone", type: "tel", autocomplete: "tel", inputmode: "tel", required: true, placeholder: "010-1234-5678" });
  const wrong = h("p", { class: "bad", role: "alert" });
  const place = h("div", {});
  const ask = (fact) => handler(async () => {
    place.replaceChildren(codeForm(await sendCode(), fact));
    place.querySelector("input").focus();
  }, tellIn(wrong));
  const form = h("form", { class: "card", onsubmit: ask({}) }, h("label", { for: "phone" }, t("phone")), phone, h("button", { class: "main" }, t("get_code")));

  // Gives the code where it is shown instead of sent.
  async function sendCode() {
    if (!ways.text_message) return (await call("POST", "/v1/sign-in/development", { phone: phone.value })).code;
    await call("POST", "/v1/sign-in/phone", { phone: phone.value, device_id: deviceId() });
    return null;
  }

  function codeForm(shown, fact) {
    const code = h("input", { id: "code", inputmode: "numeric", autocomplete: "one-time-code", maxlength: 6, required: true });
    return h("form", { class: "card", onsubmit: handler(() => finish(code.value, fact), tellIn(wrong)) },
      h("p", { role: "status" }, t("code_sent"), " ", shown ? h("span", { class: "soft" }, t("code_shown", { code: shown })) : null),
      h("label", { for: "code" }, t("code")), code,
      h("button", { class: "main" }, t("sign_in")));
  }

  // The number was not used for long: somebody else may have it now.
  function whoForm(reason) {
    const code = h("input", { id: "approval", inputmode: "numeric", maxlength: 8, required: true });
    return h("div", { class: "card", id: "second-fact" }, h("p", { role: "status" }, reason),
      h("form", { onsubmit: (event) => ask({ approval_code: code.value })(event) }, h("label", { for: "approval" }, t("approval_code")), code, h("button", { class: "main" }, t("approval_use"))),
      h("p", { class: "soft" }, t("newcomer_note")),
      h("button", { type: "button", onclick: ask({ is_newcomer: true }) }, t("newcomer")));
  }

  async function finish(code, fact) {
    try {
      await enter(`/v1/sign-in/${ways.text_message ? "phone" : "development"}/code`, { phone: phone.value, code, second_fact: fact }, place);
    } catch (error) {
      if (!(error instanceof Refused) || error.problem.code !== "accounts.second-fact-required") throw error;
      place.replaceChildren(whoForm(error.problem.title));
    }
  }

  const national = ways.national ? h("div", { class: "card" }, h("p", {}, t("national_note")), nationalButton("enter")) : null;
  if (ways.text_message || ways.development) return [h("h1", {}, t("sign_in")), form, place, wrong, national];
  return [h("h1", {}, t("sign_in")), national ?? h("p", { class: "card" }, t("no_phone_code"))];
}
