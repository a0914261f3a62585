// Signing out: nothing personal stays on this device, so what would be lost is said, and offered, before.
import { call, keepSession, Offline, personId, Refused, session } from "./api.js";
import { handler } from "./attempt.js";
import { h, toast } from "./dom.js";
import { waitingCount } from "./outbox.js";
import { eraseAll } from "./personal.js";
import { here, saveReceipts } from "./receipts.js";
import { t } from "./words.js";

export const signOutButton = () => h("button", { type: "button", id: "sign-out", onclick: handler(begin) }, t("sign_out"));

async function begin() {
  const hasReceipts = Object.keys(here()).length > 0;
  if (!waitingCount() && !hasReceipts) return signOut();
  const dialog = h("dialog", { id: "leaving", "aria-labelledby": "leaving-title", onclose: () => dialog.remove() });
  const end = handler(async () => {
    dialog.close();
    await signOut();
  });
  dialog.append(h("h2", { id: "leaving-title" }, t("sign_out")),
    ...(waitingCount() ? [h("p", { class: "bad" }, t("leaving_waiting"))] : []),
    ...(hasReceipts ? [h("p", {}, t("leaving_receipts")), h("button", { type: "button", onclick: saveReceipts }, t("save_receipts"))] : []),
    h("button", { type: "button", class: "main", onclick: () => dialog.close() }, t("stay")),
    h("button", { type: "button", class: "danger", onclick: end }, t(waitingCount() ? "discard_and_leave" : "sign_out")));
  document.body.append(dialog);
  dialog.showModal();
}

// Works without a connection: the keys of the session are thrown away here, and nobody else has them.
async function signOut() {
  const { session_id } = session();
  const told = call("DELETE", `/v1/me/sessions/${session_id}`).then(() => true, (error) => {
    if (error instanceof Offline || error instanceof Refused) return error instanceof Refused && error.problem.status < 500 && error.problem.status !== 429;
    throw error;
  });
  const isTold = await told;
  forgetHere();
  if (!isTold) toast(t("signed_out_here"));
}

export function forgetHere() {
  eraseAll(personId());
  keepSession(null);
  if (location.hash === "#/polls") dispatchEvent(new HashChangeEvent("hashchange"));
  else location.hash = "#/polls";
}
