// Polls: the list, in the order of what one can do about them, and the door to a private room.
import { call } from "./api.js";
import { h } from "./dom.js";
import { form } from "./forms.js";
import { receipts } from "./outbox.js";
import { paged } from "./paged.js";
import { local, t, when } from "./words.js";

const SHOWN_AS_OPEN = new Set(["open"]);

export const badge = (state) => h("span", { class: `badge ${SHOWN_AS_OPEN.has(state) ? "open" : ""}` }, t(`state_${state}`));

// What one can do something about comes first. Asked for by the state that is stored, placed by the one that is told:
// a poll whose hour has struck is open, also while the stored state lags behind.
export async function list() {
  const places = {
    open: placeOf("open", (one, other) => one.closes_at.localeCompare(other.closes_at)),
    scheduled: placeOf("scheduled", (one, other) => one.opens_at.localeCompare(other.opens_at)),
    over: placeOf("over", (one, other) => other.closes_at.localeCompare(one.closes_at)),
  };
  const seen = new Set();
  const put = (poll) => {
    if (!seen.has(poll.id)) (places[poll.state] ?? places.over).put(poll);
    seen.add(poll.id);
    return null;
  };
  const draw = () => Object.values(places).forEach((place) => place.draw());
  const [open, scheduled, all] = await Promise.all(["state=open&", "state=scheduled&", ""].map((which) => paged(`/v1/polls?${which}limit=30`, put, draw)));
  const shown = seen.size ? [places.open.element, open.list, places.scheduled.element, scheduled.list, places.over.element, all.list] : h("p", { class: "soft" }, t("nothing"));
  return [h("h1", {}, t("polls")), shown, roomForm(), h("a", { class: "card link", href: "#/polls/new" }, h("strong", {}, t("new_poll")))];
}

function placeOf(name, order) {
  const cards = h("div", {});
  const element = h("section", { hidden: true }, h("h2", {}, t(`polls_${name}`)), cards);
  const polls = [];
  let drawn = 0;
  const draw = () => {
    if (drawn === polls.length) return;
    drawn = polls.length;
    cards.replaceChildren(...polls.sort(order).map(card));
    element.hidden = false;
  };
  return { element, put: (poll) => polls.push(poll), draw };
}

function card(poll) {
  const time = poll.state === "scheduled" ? `${t("opens")} ${when(poll.opens_at)}` : `${t("closes")} ${when(poll.closes_at)}`;
  const done = receipts()[poll.id] ? h("span", { class: "badge" }, `✓ ${t("voted")}`) : null;
  return h("a", { class: "card", href: `#/polls/${poll.id}` }, badge(poll.state), done, h("h2", {}, local(poll.title)), h("p", { class: "soft small" }, time));
}

function roomForm() {
  const number = h("input", { id: "room", name: "number", inputmode: "numeric", maxlength: 8, required: true });
  const password = h("input", { id: "room-password", name: "password", type: "password", maxlength: 64, required: true, autocomplete: "off" });
  const enter = async () => {
    const { poll_id } = await call("POST", `/v1/rooms/${encodeURIComponent(number.value)}/admission`, { password: password.value });
    location.hash = `#/polls/${poll_id}`;
  };
  return h("details", { class: "card" }, h("summary", {}, t("room")), form({}, enter, h("label", { for: "room" }, t("room_number")), number, h("label", { for: "room-password" }, t("room_password")), password, h("button", { class: "main" }, t("enter"))));
}
