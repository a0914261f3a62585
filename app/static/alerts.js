// Alerts on top: one line each, which says more when it is tapped. The gravest comes first.
import { call, Offline, Refused } from "./api.js";
import { h } from "./dom.js";
import { currentLanguage, local, t, when } from "./words.js";

const SHOWN = 2;
let last = "";

export async function showAlerts() {
  let items;
  try {
    ({ items } = await call("GET", "/v1/alerts/active"));
  } catch (error) {
    if (error instanceof Offline || error instanceof Refused) return; // what is shown stays
    throw error;
  }
  const found = JSON.stringify([currentLanguage(), items]);
  if (found === last) return; // what somebody has unfolded stays so, and nothing is read aloud twice
  last = found;
  const others = items.slice(SHOWN).map(line);
  document.getElementById("alerts").replaceChildren(...items.slice(0, SHOWN).map(line),
    ...(others.length ? [h("details", { class: "emergency more" }, h("summary", {}, t("more_alerts", { n: others.length })), others)] : []));
}

function line(alert) {
  const title = `${alert.is_exercise ? `[${t("exercise")}] ` : ""}${local(alert.title)}`;
  return h("details", { class: `emergency ${alert.class ?? ""}` }, h("summary", {}, title),
    h("p", {}, local(alert.text)),
    h("p", { class: "small" }, `${when(alert.issued_at)} · ${t("alert_until", { at: when(alert.expires_at) })}`),
    h("p", {}, h("a", { href: `/alerts/${alert.id}` }, t("alert_more"))));
}
