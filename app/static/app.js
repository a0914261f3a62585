// The app's frame: which page an address shows, the tabs, the language, the alert on top.
import { showAlerts } from "./alerts.js";
import { Offline } from "./api.js";
import { needsConsent, needsSignIn, reasonOf } from "./attempt.js";
import { h } from "./dom.js";
import { takeAnswer } from "./national.js";
import { flushQuietly } from "./outbox.js";
import { notePlace } from "./places.js";
import { list as polls } from "./polls.js";
import { showUnread } from "./unread.js";
import { currentLanguage, setLanguage, t } from "./words.js";

// The first page comes with the frame; the others' scripts follow once it stands, or as soon as somebody goes there.
const MODULES = ["compose_idea", "debates", "ideas", "inbox", "me", "my_polls", "national", "notice", "poll", "preferences", "receipts", "sign_in", "sign_ins", "texts", "together"];
const load = (module) => import(`./${module}.js`);
const later = (module, name) => async (...found) => {
  const { [name]: page } = await load(module).catch((error) => Promise.reject(error instanceof TypeError ? new Offline() : error));
  return page(...found);
};

const PAGES = [
  [/^#\/polls$/, polls],
  [/^#\/polls\/new$/, later("my_polls", "composePoll")],
  [/^#\/polls\/mine$/, later("my_polls", "myPolls")],
  [/^#\/polls\/(\w+)$/, later("poll", "one")],
  [/^#\/polls\/(\w+)\/result$/, later("poll", "result")],
  [/^#\/ideas$/, later("ideas", "list")],
  [/^#\/ideas\/new$/, later("compose_idea", "compose")],
  [/^#\/ideas\/mine$/, later("ideas", "mine")],
  [/^#\/ideas\/(\w+)$/, later("ideas", "one")],
  [/^#\/ideas\/(\w+)\/together\/(\w+)$/, later("together", "joining")],
  [/^#\/debates$/, later("debates", "list")],
  [/^#\/debates\/(\w+)(?:\/comments\/(\w+))?$/, later("debates", "one")],
  [/^#\/inbox$/, later("inbox", "inbox")],
  [/^#\/me$/, later("me", "account")],
  [/^#\/me\/notifications$/, later("preferences", "preferences")],
  [/^#\/me\/receipts$/, later("receipts", "myReceipts")],
  [/^#\/me\/sign-ins$/, later("sign_ins", "signIns")],
  [/^#\/me\/texts$/, later("texts", "myTexts")],
  [/^#\/moderation\/\w+:\w+$/, later("texts", "myTexts")],
  [/^#\/sign-in$/, later("sign_in", "signIn")],
  [/^#\/sign-in\/national$/, later("national", "returned")],
  [/^#\/notice$/, later("notice", "notice")],
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
show().then(() => MODULES.forEach((module) => load(module).catch(() => null))); // no connection: asked for again when it is needed
showAlerts();
setInterval(showAlerts, 30000);
flushQuietly();
navigator.serviceWorker?.register("/sw.js");
