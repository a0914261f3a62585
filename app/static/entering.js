// The last step of every way of signing in. Whoever has agreed to the terms in force is not asked again.
import { call, deviceId, keepSession, Refused } from "./api.js";
import { h } from "./dom.js";
import { form } from "./forms.js";
import { flushQuietly } from "./outbox.js";
import { goOn } from "./places.js";
import { t } from "./words.js";

// What somebody agrees to always says how old they are. Gives what the page shows, and what to send.
export function agreement() {
  const agree = h("input", { id: "agree", name: "consents", type: "checkbox", required: true });
  const sentence = h("label", { for: "agree" }, t("agree"));
  const child = h("input", { id: "child", type: "checkbox", onchange: () => (sentence.textContent = t(child.checked ? "agree_child" : "agree")) });
  return {
    rows: [h("div", { class: "row agree" }, child, h("label", { for: "child" }, t("child"))), h("div", { class: "row agree" }, agree, sentence), h("p", { class: "small" }, h("a", { href: "#/notice", target: "_blank", rel: "noopener" }, t("notice")))],
    sent: async () => ({ ...(await call("GET", "/v1/sign-in/consents")), is_fourteen: !child.checked }),
  };
}

// Signs in by `path` with `body`; a newcomer is asked in `place` to agree, and joins by the same proof.
export async function enter(path, body, place) {
  const device = { id: deviceId(), name: navigator.userAgentData?.platform ?? "", platform: "web" };
  const send = async (consents) => arrive(await call("POST", path, { ...body, device, ...consents }));
  try {
    await send({});
  } catch (error) {
    if (!(error instanceof Refused) || error.problem.code !== "accounts.consent-required") throw error;
    place.replaceChildren(joining(send));
    place.querySelector("h2").focus();
  }
}

function joining(send) {
  const agreed = agreement();
  return form({ class: "card", id: "join" }, async () => send({ consents: await agreed.sent() }),
    h("h2", { tabindex: -1 }, t("join")), h("p", {}, t("join_note")), agreed.rows, h("button", { class: "main" }, t("join_agree")));
}

// Whoever has to agree to something new, or waits for a guardian, is led to where that is done.
function arrive(grant) {
  keepSession(grant);
  flushQuietly();
  if (grant.person.consents_due.length || grant.person.state !== "active") location.replace("#/me");
  else goOn();
}
