// The numbers and sign-ins that open this account: listed, one more connected, one that is no longer used given up.
import { call, deviceId, personId } from "./api.js";
import { handler } from "./attempt.js";
import { h, toast } from "./dom.js";
import { nationalButton } from "./national.js";
import { askForNumber, isOffered, pathOf } from "./phone_proof.js";
import { signInFirst } from "./sign_in_first.js";
import { t, when } from "./words.js";

export async function signIns() {
  if (!personId()) return signInFirst("sign_ins");
  const [{ items }, ways] = await Promise.all(["/v1/me/sign-ins", "/v1/sign-in/ways"].map((path) => call("GET", path)));
  const isNational = items.some(({ kind }) => kind === "national");
  return [h("h1", {}, t("sign_ins")), h("p", { class: "soft" }, t("sign_ins_note")), items.map(card),
    isOffered(ways) ? connecting(ways) : null, ways.national && !isNational ? h("div", { class: "card" }, nationalButton("confirm")) : null];
}

function card(one) {
  const wrong = h("p", { class: "bad", role: "alert" });
  const name = `${t(`way_${one.kind}`)} ${one.label}`;
  const element = h("div", { class: "card" }, h("strong", {}, name), h("p", { class: "soft small" }, t("verified_at", { at: when(one.verified_at) })),
    h("button", { type: "button", "aria-label": `${name}: ${t("disconnect")}`, onclick: ask }, t("disconnect")), wrong);

  // Asked once more: whoever gives up a number cannot sign in with it, and others may join with it.
  function ask() {
    const sure = h("div", { role: "group", "aria-label": name }, h("p", {}, t("disconnect_sure")),
      h("button", { type: "button", class: "danger", onclick: handler(giveUp, (text) => (wrong.textContent = text)) }, t("disconnect")),
      h("button", { type: "button", class: "plain", onclick: () => sure.replaceWith(button) }, t("cancel")));
    const button = element.querySelector("button");
    button.replaceWith(sure);
    sure.querySelector("button").focus();
  }

  async function giveUp() {
    await call("DELETE", `/v1/me/sign-ins/${one.id}`);
    element.remove();
    toast(t("disconnected"));
  }
  return element;
}

function connecting(ways) {
  const place = h("div", {});
  const section = h("details", { class: "card" }, h("summary", {}, t("connect")), place);
  askForNumber(ways, place, t("connect_this"), async ({ phone, code }) => {
    await call("POST", `/v1/me/sign-ins/${pathOf(ways)}`, { phone, code, ...(ways.text_message ? { device_id: deviceId() } : {}) });
    toast(t("connected"));
    dispatchEvent(new HashChangeEvent("hashchange")); // so that the list shows it
  });
  return section;
}
