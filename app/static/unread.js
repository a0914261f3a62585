// How many messages nobody has seen yet, on the inbox's tab. Asked for when the app is opened, returned to or gone through; a
// city of ten million cannot be asked by every page at every moment.
import { call, Offline, personId, Refused } from "./api.js";
import { t } from "./words.js";

const ASKED_AGAIN_MS = 30000;
let asked = { owner: null, at: 0, count: 0 };

export async function showUnread() {
  paint();
  const owner = personId();
  if (!owner || (asked.owner === owner && Date.now() - asked.at < ASKED_AGAIN_MS)) return;
  asked = { owner, at: Date.now(), count: asked.owner === owner ? asked.count : 0 };
  try {
    asked.count = (await call("GET", "/v1/inbox/unread")).unread;
  } catch (error) {
    if (!(error instanceof Offline || error instanceof Refused)) throw error; // what is shown stays; the pages say what is wrong
  }
  paint();
}

export function noteSeen(count) {
  asked.count = Math.max(0, asked.count - count);
  paint();
}

function paint() {
  const tab = document.querySelector(".tabs a[href='#/inbox']");
  const count = asked.owner === personId() ? asked.count : 0;
  tab.textContent = t("inbox");
  if (!count) return tab.removeAttribute("aria-label");
  const badge = document.createElement("span");
  badge.className = "count";
  badge.textContent = count >= 99 ? "99+" : count;
  tab.append(badge);
  tab.setAttribute("aria-label", t("inbox_unread", { n: count }));
}

document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && showUnread());
