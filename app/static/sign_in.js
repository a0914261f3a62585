// Signing in with a phone number (and who is meant when the number was idle), or with the national identity, where the city offers
// it. One step stands on the screen at a time.
import { call, Refused } from "./api.js";
import { handler } from "./attempt.js";
import { h } from "./dom.js";
import { enter } from "./entering.js";
import { form } from "./forms.js";
import { nationalButton } from "./national.js";
import { askForNumber, isOffered, pathOf } from "./phone_proof.js";
import { t } from "./words.js";

export async function signIn() {
  const ways = await call("GET", "/v1/sign-in/ways");
  const place = h("div", {});
  const national = ways.national ? h("div", { class: "card" }, h("p", {}, t("national_note")), nationalButton("enter")) : null;
  const begin = (given) => askForNumber(ways, place, t("sign_in"), (proof) => finish(proof, {}), given);

  async function finish({ phone, code }, fact) {
    try {
      await enter(`/v1/sign-in/${pathOf(ways)}/code`, { phone, code, second_fact: fact }, place);
    } catch (error) {
      if (!(error instanceof Refused) || error.problem.code !== "accounts.second-fact-required") throw error;
      place.replaceChildren(whoForm(error.problem.title, { phone, code }));
      place.querySelector("[tabindex]").focus();
    }
  }

  // The number was not used for long: somebody else may have it now. The code that was typed is still good.
  function whoForm(reason, proof) {
    const code = h("input", { id: "approval", name: "approval_code", inputmode: "numeric", maxlength: 8, minlength: 8, required: true });
    const wrong = h("p", { class: "bad", role: "alert" });
    const anew = handler(() => finish(proof, { is_newcomer: true }), (text) => (wrong.textContent = text));
    return h("div", { class: "card", id: "second-fact" }, h("p", { tabindex: -1 }, reason),
      form({}, () => finish(proof, { approval_code: code.value }), h("label", { for: "approval" }, t("approval_code")), code, h("button", { class: "main" }, t("approval_use"))),
      h("p", { class: "soft" }, t("newcomer_note")),
      h("button", { type: "button", onclick: anew }, t("newcomer")), wrong,
      h("button", { type: "button", class: "plain", onclick: () => begin(proof.phone) }, t("other_number")));
  }

  if (!isOffered(ways)) return [h("h1", {}, t("sign_in")), national ?? h("p", { class: "card" }, t("no_phone_code"))];
  begin();
  return [h("h1", {}, t("sign_in")), place, national];
}
