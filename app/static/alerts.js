// Alerts on top, the gravest first and readable at once; the others are one line each, which says more when it is tapped. What was
// told last is kept for when there is no connection: that is when it is needed most.
import { call, Offline, Refused } from "./api.js";
import { h } from "./dom.js";
import { currentLanguage, local, t, when } from "./words.js";

const SHOWN = 2;
const KEPT = "alerts";
const folded = new Set(); // what somebody has read and folded stays so
let last = "";

export async function showAlerts() {
  let items, keptAt = null;
  try {
    ({ items } = await call("GET", "/v1/alerts/active"));
    localStorage.setItem(KEPT, JSON.stringify({ at: new Date().toISOString(), items }));
  } catch (error) {
    if (!(error instanceof Offline || error instanceof Refused)) throw error;
    ({ items, at: keptAt } = JSON.parse(localStorage.getItem(KEPT) || '{"items": []}'));
    items = items.filter(({ expires_at }) => new Date(expires_at) > new Date());
  }
  const found = JSON.stringify([currentLanguage(), items, keptAt]);
  if (found === last) return; // nothing is read aloud twice
  last = found;
  const others = items.slice(SHOWN).map((alert) => line(alert));
  document.getElementById("alerts").replaceChildren(...(keptAt && items.length ? [h("p", { class: "emergency kept" }, t("alerts_kept", { at: when(keptAt) }))] : []),
    ...items.slice(0, SHOWN).map((alert, place) => line(alert, place === 0)),
    ...(others.length ? [h("details", { class: "emergency more" }, h("summary", {}, t("more_alerts", { n: others.length })), others)] : []));
}

// Extreme alerts are not waited for: the first one stands open, with what to do.
function line(alert, isFirst = false) {
  const title = `${alert.is_exercise ? `[${t("exercise")}] ` : ""}${local(alert.title)}`;
  const key = `${alert.id}${alert.issued_at}`;
  const fold = ({ target }) => (target.open ? folded.delete(key) : folded.add(key));
  return h("details", { class: `emergency ${alert.class ?? ""}`, open: isFirst && alert.class === "extreme" && !folded.has(key), ontoggle: fold }, h("summary", {}, title),
    h("p", {}, local(alert.text)),
    h("p", { class: "small" }, `${when(alert.issued_at)} · ${t("alert_until", { at: when(alert.expires_at) })}`),
    h("p", {}, h("a", { href: `/alerts/${alert.id}` }, t("alert_more"))));
}
