"use strict";
const TEXTS = {
  ko: { title: "휴대전화 모의 환경", lead: "FCM을 대신해 받은 알림을 잠금 화면 그대로 보여 줍니다. 실제 휴대전화로는 아무것도 나가지 않습니다.",
    accepted: "건 받음", refused: "건 거절", empty: "아직 알림을 받은 휴대전화가 없습니다.", search: "휴대전화 찾기", stopped: "모의 환경에 연결할 수 없습니다. 다시 시도하고 있습니다.",
    other: "English", now: "지금", kinds: { alert_extreme: "위급 재난문자", alert_severe: "긴급 재난문자", alert_advisory: "안전안내문자" } },
  en: { title: "Phone sandbox", lead: "Stands in for FCM and shows each push as on a lock screen. Nothing leaves this computer.",
    accepted: "received", refused: "refused", empty: "No phone has received anything yet.", search: "Find a phone", stopped: "The sandbox does not answer. Trying again.",
    other: "한국어", now: "now", kinds: { alert_extreme: "Extreme alert", alert_severe: "Severe alert", alert_advisory: "Safety notice" } },
};
let language = localStorage.getItem("language") || (navigator.language.startsWith("ko") ? "ko" : "en");
const seen = new Set();
let shown = "";
const id = (name) => document.getElementById(name);

function speak() {
  const texts = TEXTS[language];
  document.documentElement.lang = language;
  document.title = "mVoting · " + texts.title;
  for (const node of document.querySelectorAll("[data-text]")) node.textContent = texts[node.dataset.text];
  id("search").placeholder = texts.search;
  id("search").setAttribute("aria-label", texts.search);
  id("language").textContent = texts.other;
  id("language").lang = language === "ko" ? "en" : "ko";
  shown = "";
}

function severity(kind) {
  return kind.startsWith("alert_") ? kind.slice(6) : "";
}

function card(message, phone) {
  const node = id("card").content.cloneNode(true).firstElementChild;
  const key = phone.target + message.tag + message.at;
  const level = severity(message.kind);
  if (level) node.classList.add(level);
  if (!seen.has(key)) { node.classList.add("new"); seen.add(key); }
  node.querySelector(".app").textContent = TEXTS[language].kinds[message.kind] || "mVoting";
  const time = node.querySelector("time");
  const at = new Date(message.at * 1000);
  time.dateTime = at.toISOString();
  time.textContent = Date.now() - at < 60000 ? TEXTS[language].now : at.toLocaleTimeString(language, { hour: "2-digit", minute: "2-digit" });
  node.querySelector("strong").textContent = message.title;
  node.querySelector("p").textContent = message.body;
  return node;
}

function lockScreen(phone) {
  const node = id("phone").content.cloneNode(true).firstElementChild;
  const now = new Date();
  node.querySelector(".clock").textContent = now.toLocaleTimeString(language, { hour: "2-digit", minute: "2-digit", hour12: false });
  node.querySelector(".date").textContent = now.toLocaleDateString(language, { month: "long", day: "numeric", weekday: "long" });
  node.querySelector("h2").textContent = phone.name || phone.target.slice(0, 28);
  node.querySelector(".target").textContent = phone.name ? phone.target.slice(0, 60) : "";
  const tags = new Set();
  // A phone shows one notification per tag: a newer one replaces the older.
  const current = phone.messages.filter((message) => !tags.has(message.tag) && tags.add(message.tag));
  if (current.some((message) => severity(message.kind) === "extreme")) node.querySelector(".screen").classList.add("extreme");
  node.querySelector(".cards").append(...current.map((message) => card(message, phone)));
  return node;
}

async function refresh() {
  try {
    const answer = await fetch("/phones.json?search=" + encodeURIComponent(id("search").value));
    const text = await answer.text();
    id("state").textContent = "";
    const minute = new Date().getMinutes();
    if (text + minute !== shown) {
      shown = text + minute;
      const page = JSON.parse(text);
      id("accepted").textContent = page.accepted.toLocaleString(language);
      id("refused").textContent = page.refused.toLocaleString(language);
      id("phones").replaceChildren(...page.phones.map(lockScreen));
      id("empty").hidden = page.phones.length > 0;
    }
  } catch {
    id("state").textContent = TEXTS[language].stopped;
  }
  setTimeout(refresh, document.hidden ? 5000 : 1000);
}

id("language").addEventListener("click", () => {
  language = language === "ko" ? "en" : "ko";
  localStorage.setItem("language", language);
  speak();
});
speak();
refresh();
