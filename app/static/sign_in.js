// Signing in with a phone number: a code by text message, or shown in development; who is meant when the number was idle.
import { call, deviceId, keepSession, Refused } from "./api.js";
import { handler, tellIn } from "./attempt.js";
import { h } from "./dom.js";
import { flushQuietly } from "./outbox.js";
import { goOn } from "./places.js";
import { t } from "./words.js";

// What somebody agrees to always says how old they are. Gives what the page shows, and what to send.
export function agreement() {
  const agree = h("input", { id: "agree", type: "checkbox", required: true });
  const sentence = h("label", { for: "agree" }, t("agree"));
  const child = h("input", { id: "child", type: "checkbox", onchange: () => (sentence.textContent = t(child.checked ? "agree_child" : "agree")) });
  return {
    rows: [h("div", { class: "row agree" }, child, h("label", { for: "child" }, t("child"))), h("div", { class: "row agree" }, agree, sentence), h("p", { class: "small" }, h("a", { href: "#/notice", target: "_blank", rel: "noopener" }, t("notice")))],
    sent: async () => ({ ...(await call("GET", "/v1/sign-in/consents")), is_fourteen: !child.checked }),
  };
}

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
    const agreed = agreement();
    return h("form", { class: "card", onsubmit: handler(() => enter(code.value, agreed, fact), tellIn(wrong)) },
      h("p", { role: "status" }, t("code_sent"), " ", shown ? h("span", { class: "soft" }, t("code_shown", { code: shown })) : null),
      h("label", { for: "code" }, t("code")), code, agreed.rows,
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

  async function enter(code, agreed, fact) {
    const device = { id: deviceId(), name: navigator.userAgentData?.platform ?? "", platform: "web" };
    const body = { phone: phone.value, code, device, consents: await agreed.sent(), second_fact: fact };
    try {
      keepSession(await call("POST", `/v1/sign-in/${ways.text_message ? "phone" : "development"}/code`, body));
    } catch (error) {
      if (!(error instanceof Refused) || error.problem.code !== "accounts.second-fact-required") throw error;
      place.replaceChildren(whoForm(error.problem.title));
      return;
    }
    flushQuietly();
    goOn();
  }

  if (!ways.text_message && !ways.development) return [h("h1", {}, t("sign_in")), h("p", { class: "card" }, t("no_phone_code"))];
  return [h("h1", {}, t("sign_in")), form, place, wrong];
}
