// The app's frame: which page an address shows, the tabs, the language, the alert on top.
import { showAlerts } from "./alerts.js";
import { needsConsent, needsSignIn, reasonOf } from "./attempt.js";
import { h } from "./dom.js";
import { flushQuietly } from "./outbox.js";
import { notePlace } from "./places.js";
import { currentLanguage, setLanguage, t } from "./words.js";
import * as polls from "./polls.js";
import * as ideas from "./ideas.js";
import { compose } from "./compose_idea.js";
import * as debates from "./debates.js";
import { inbox } from "./inbox.js";
import * as me from "./me.js";
import { composePoll, myPolls } from "./my_polls.js";
import { returned, takeAnswer } from "./national.js";
import { notice } from "./notice.js";
import { preferences } from "./preferences.js";
import { myReceipts } from "./receipts.js";
import { signIn } from "./sign_in.js";
import { signIns } from "./sign_ins.js";
import { myTexts } from "./texts.js";
import { joining } from "./together.js";
import { showUnread } from "./unread.js";

const PAGES = [
  [/^#\/polls$/, polls.list],
  [/^#\/polls\/new$/, composePoll],
  [/^#\/polls\/mine$/, myPolls],
  [/^#\/polls\/(\w+)$/, polls.one],
  [/^#\/polls\/(\w+)\/result$/, polls.result],
  [/^#\/ideas$/, ideas.list],
  [/^#\/ideas\/new$/, compose],
  [/^#\/ideas\/mine$/, ideas.mine],
  [/^#\/ideas\/(\w+)$/, ideas.one],
  [/^#\/ideas\/(\w+)\/together\/(\w+)$/, joining],
  [/^#\/debates$/, debates.list],
  [/^#\/debates\/(\w+)(?:\/comments\/(\w+))?$/, debates.one],
  [/^#\/inbox$/, inbox],
  [/^#\/me$/, me.account],
  [/^#\/me\/notifications$/, preferences],
  [/^#\/me\/receipts$/, myReceipts],
  [/^#\/me\/sign-ins$/, signIns],
  [/^#\/me\/texts$/, myTexts],
  [/^#\/moderation\/\w+:\w+$/, myTexts],
  [/^#\/sign-in$/, signIn],
  [/^#\/sign-in\/national$/, returned],
  [/^#\/notice$/, notice],
];
const TABS = ["polls", "ideas", "debates", "inbox", "me"];

let shown = 0;

export async function show() {
  const turn = ++shown;
  const hash = location.hash || "#/polls";
  const main = document.getElementById("main");
  const [, page, found] = PAGES.map(([pattern, page]) => [pattern, page, hash.match(pattern)]).find(([, , match]) => match) ?? [null, unknown, []];
  if (page !== unknown) notePlace(hash);
  let content;
  try {
    content = await page(...found.slice(1));
  } catch (error) {
    content = failure(error);
  }
  if (turn !== shown) return; // the person went elsewhere meanwhile
  main.replaceChildren(...[content].flat(4).filter(Boolean));
  document.title = `${main.querySelector("h1, legend")?.textContent ?? ""} · ${t("brand")}`;
  for (const tab of document.querySelectorAll(".tabs a")) tab.toggleAttribute("aria-current", false);
  for (const tab of document.querySelectorAll(".tabs a")) if (hash.startsWith(tab.hash)) tab.setAttribute("aria-current", "page");
  const meant = main.querySelector(".meant"); // what a message led to
  (meant ?? main).focus({ preventScroll: true });
  if (meant) meant.scrollIntoView({ block: "center" });
  else scrollTo(0, 0);
  showUnread();
}

function failure(error) {
  if (needsSignIn(error)) {
    return h("div", { class: "card" }, h("h1", {}, t("sign_in")), h("p", {}, t("sign_in_first")), h("a", { class: "button main", href: "#/sign-in" }, t("sign_in")));
  }
  const way = needsConsent(error) ? h("a", { class: "button main", href: "#/me" }, t("me")) : h("button", { type: "button", onclick: show }, t("retry"));
  return h("div", { class: "card", role: "alert" }, h("p", {}, reasonOf(error)), way);
}

function frame() {
  document.documentElement.lang = currentLanguage();
  document.querySelector(".brand").textContent = t("brand");
  document.querySelector(".skip").textContent = t("skip");
  document.getElementById("language").textContent = t("other_language");
  document.getElementById("tabs").replaceChildren(...TABS.map((name) => h("a", { href: `#/${name}` }, t(name))));
  document.getElementById("tabs").setAttribute("aria-label", t("brand"));
}

function unknown() {
  return h("div", { class: "card", role: "alert" }, h("h1", {}, t("unknown_page")), h("p", {}, t("unknown_page_note")), h("a", { class: "button main", href: "#/polls" }, t("home")));
}

document.getElementById("language").addEventListener("click", () => {
  setLanguage(currentLanguage() === "ko" ? "en" : "ko");
  document.getElementById("toast").replaceChildren();
  frame();
  show();
  showAlerts();
});
addEventListener("hashchange", show);
// Somebody signed in or out in another tab: what this one shows may be another person's.
const idOf = (kept) => JSON.parse(kept || "null")?.person.id;
addEventListener("storage", ({ key, oldValue, newValue }) => key === "session" && idOf(oldValue) !== idOf(newValue) && show());
takeAnswer();
frame();
show();
showAlerts();
setInterval(showAlerts, 30000);
flushQuietly();
navigator.serviceWorker?.register("/sw.js");
