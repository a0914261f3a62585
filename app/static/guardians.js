// A child under 14 and the guardian who consents: a code goes from the one's account page to the other's.
import { call, renewSession } from "./api.js";
import { attempt, tellIn } from "./attempt.js";
import { h, toast } from "./dom.js";
import { form } from "./forms.js";
import { t, when } from "./words.js";

// What a child sees who waits, at joining and whenever the privacy notice has changed.
export function waiting(shown) {
  const wrong = h("p", { class: "bad", role: "alert" });
  const place = h("p", { role: "status" });
  const ask = () => attempt(async () => {
    const { code, expires_at } = await call("POST", "/v1/me/guardian-codes");
    place.replaceChildren(h("code", { class: "receipt" }, code), " ", t("guardian_code_note", { until: when(expires_at) }));
  }, tellIn(wrong));
  const look = () => attempt(async () => {
    await renewSession(); // what the account may do stands in its token
    const { state } = await call("GET", "/v1/me");
    if (state === "active") shown();
    else wrong.textContent = t("guardian_not_yet");
  }, tellIn(wrong));
  return h("div", { class: "card", id: "guardian-wait" }, h("h2", {}, t("guardian_wait")), h("p", {}, t("guardian_wait_note")),
    h("button", { type: "button", class: "main", onclick: ask }, t("guardian_code")), place,
    h("button", { type: "button", onclick: look }, t("guardian_look")), wrong);
}

// What a grown-up resident sees.
export function consenting() {
  const code = h("input", { id: "guardian-code", name: "code", inputmode: "numeric", maxlength: 10, minlength: 10, required: true });
  const agree = h("input", { id: "guardian-agree", name: "agree", type: "checkbox", required: true });
  const consent = async () => {
    await call("POST", "/v1/me/guardianships", { code: code.value });
    given.reset();
    toast(t("guardian_done"));
  };
  const given = form({}, consent, h("label", { for: "guardian-code" }, t("guardian_code_label")), code,
    h("div", { class: "row agree" }, agree, h("label", { for: "guardian-agree" }, t("guardian_agree"))), h("button", { class: "main" }, t("guardian_give")));
  return h("details", { class: "card" }, h("summary", {}, t("guardian_consent")), given);
}
