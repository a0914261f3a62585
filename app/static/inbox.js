// The inbox: every message, whether or not a push arrived, and what became of it said to the city.
import { call } from "./api.js";
import { h } from "./dom.js";
import { pagedOrNothing } from "./paged.js";
import { noteSeen } from "./unread.js";
import { t, when } from "./words.js";

export async function inbox() {
  const list = await pagedOrNothing("/v1/inbox?limit=20", messageCard, (messages) => {
    const unseen = messages.filter((message) => !message.is_seen);
    if (unseen.length) note(unseen, "seen").then(() => noteSeen(unseen.length), () => null); // asked again next time
  });
  return [h("h1", {}, t("inbox")), list];
}

const note = (messages, event) => call("POST", "/v1/inbox/acks", { acks: messages.map(({ id }) => ({ id, event })) });

// A message's link is the page's own address, as in the push that announced it.
function messageCard(message) {
  const to = message.link ? `#${message.link}` : null;
  const opened = () => message.is_opened || note([message], "opened").catch(() => null);
  const badge = message.is_withdrawn ? h("span", { class: "badge bad" }, t("withdrawn")) : message.is_seen ? null : h("span", { class: "badge open" }, t("unseen"));
  return h(to ? "a" : "div", { class: "card", href: to, onclick: to ? opened : null }, badge, h("strong", {}, message.title), h("p", {}, message.body), h("p", { class: "soft small" }, when(message.at)));
}
