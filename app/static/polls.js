// Polls: the list, casting a ballot one question a screen, the result.
import { call, session } from "./api.js";
import { attempt, handler, tellIn } from "./attempt.js";
import { questions } from "./booth.js";
import { bar, h } from "./dom.js";
import { form } from "./forms.js";
import { flush, noteCheck, receipts, waiting } from "./outbox.js";
import { paged } from "./paged.js";
import { verdictLine } from "./verdict.js";
import { currentLanguage, local, t, when } from "./words.js";

const SHOWN_AS_OPEN = new Set(["open"]);

const badge = (state) => h("span", { class: `badge ${SHOWN_AS_OPEN.has(state) ? "open" : ""}` }, t(`state_${state}`));

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
  const [open, scheduled, all] = await Promise.all(["state=open&", "state=scheduled&", ""].map((which) => paged(`/v1/polls?${which}limit=30`, put)));
  const shown = seen.size ? [places.open.element, open.list, places.scheduled.element, scheduled.list, places.over.element, all.list] : h("p", { class: "soft" }, t("nothing"));
  return [h("h1", {}, t("polls")), shown, roomForm(), h("a", { class: "card link", href: "#/polls/new" }, h("strong", {}, t("new_poll")))];
}

function placeOf(name, order) {
  const cards = h("div", {});
  const element = h("section", { hidden: true }, h("h2", {}, t(`polls_${name}`)), cards);
  const polls = [];
  const put = (poll) => {
    polls.push(poll);
    cards.replaceChildren(...polls.sort(order).map(card));
    element.hidden = false;
  };
  return { element, put };
}

function card(poll) {
  const time = poll.state === "scheduled" ? `${t("opens")} ${when(poll.opens_at)}` : `${t("closes")} ${when(poll.closes_at)}`;
  const done = receipts()[poll.id] ? h("span", { class: "badge" }, `✓ ${t("voted")}`) : null;
  return h("a", { class: "card", href: `#/polls/${poll.id}` }, badge(poll.state), done, h("h2", {}, local(poll.title)), h("p", { class: "soft small" }, time));
}

export async function one(id) {
  const poll = await call("GET", `/v1/polls/${id}`);
  const page = [badge(poll.state), h("h1", {}, local(poll.title)), poll.definition.picture ? h("img", { class: "photo", src: `/v1/pictures/${poll.definition.picture}`, alt: "" }) : null, poll.definition.description ? h("p", {}, local(poll.definition.description)) : null];
  page.push(h("p", { class: "soft small" }, `${when(poll.opens_at)} – ${when(poll.closes_at)}`));
  if (poll.definition.secrecy === "sealed") page.push(h("p", { class: "soft small" }, t("sealed_note")));
  if (poll.state === "open") page.push(...booth(poll));
  if (poll.result) page.push(h("a", { class: "button main", href: `#/polls/${id}/result` }, t("result")));
  else if (poll.state === "cancelled") page.push(h("p", { class: "soft" }, t("cancelled_note"), " ", poll.cancel_reason ?? ""));
  else if (poll.state !== "open") page.push(h("p", { class: "soft" }, t("no_figures")));
  if (receipts()[id]?.receipt) page.push(receiptCard(id));
  return page;
}

function booth(poll) {
  if (!session()) return [h("p", {}, t("sign_in_first")), h("a", { class: "button main", href: "#/sign-in" }, t("sign_in"))];
  if (waiting(poll.id)) return [waitingCard()];
  const hasVoted = Boolean(receipts()[poll.id]?.receipt);
  if (hasVoted && !poll.definition.changeable) return [];
  const place = h("div", {});
  const start = () => questions(poll, place, { done: () => [h("h2", { class: "good", role: "status" }, `✓ ${t("voted")}`), receiptCard(poll.id)], waits: waitingCard });
  if (hasVoted) place.append(h("button", { type: "button", onclick: start }, t("change_vote")));
  else start();
  return [poll.definition.audience.kind === "on_site" ? venueForm(poll) : null, place];
}

function waitingCard() {
  const wrong = h("p", { class: "bad", role: "alert" });
  return h("div", { class: "card", id: "waiting" }, h("strong", { role: "status" }, t("voted_waiting")), h("p", {}, t("offline_vote")),
    h("button", { type: "button", onclick: handler(flush, tellIn(wrong)) }, t("send_now")), wrong);
}

function receiptCard(id) {
  const kept = receipts()[id];
  const verdict = verdictLine(kept, (checked) => noteCheck(id, checked));
  const check = h("button", { type: "button", onclick: handler(verdict.check, verdict.tell) }, t("check_ballot"));
  return h("div", { class: "card" }, h("h2", {}, t("receipt")), h("code", { class: "receipt" }, kept.receipt.leaf), h("p", { class: "soft small" }, t("receipt_what")), privacyLink(id), check, verdict.line);
}

const privacyLink = (id) => h("p", { class: "small" }, h("a", { href: `/v1/polls/${id}/privacy.html` }, t("poll_privacy")));

export async function result(id) {
  const poll = await call("GET", `/v1/polls/${id}`);
  const page = [badge(poll.state), h("h1", {}, local(poll.title))];
  if (!poll.result) return [...page, h("p", {}, t(poll.state === "cancelled" ? "cancelled_note" : "no_figures"))];
  page.push(h("p", { class: "soft" }, t("ballots_counted", { n: poll.result.ballots })));
  for (const counted of poll.result.questions) page.push(questionResult(poll.definition.questions.find((question) => question.id === counted.id), counted));
  page.push(h("p", {}, h("a", { href: `/v1/polls/${id}/archive.jsonl.gz` }, t("archive"))), privacyLink(id));
  return page;
}

function questionResult(question, counted) {
  const title = (id) => local(question.options.find((option) => option.id === id)?.title ?? id);
  const winners = new Set(counted.winners);
  const winning = h("p", {}, h("strong", {}, `${t("winners")}: ${counted.winners.map(title).join(", ")}`));
  const rounds = counted.rounds.map((round, number) => roundTable(round, number, counted.rounds.length, winners, title));
  return h("section", { class: "card" }, h("h2", {}, local(question.title)), counted.winners.length ? winning : null, rounds);
}

function roundTable(round, number, count, winners, title) {
  const totals = Object.entries(round.totals).sort(([, a], [, b]) => Number(b) - Number(a));
  const most = Math.max(1, ...totals.map(([, votes]) => Number(votes)));
  const row = ([id, votes]) => h("tr", {}, h("th", { scope: "row" }, winners.has(id) ? `✓ ${title(id)}` : title(id), bar(Number(votes) / most)), h("td", { class: "n" }, votes));
  const head = h("thead", {}, h("tr", {}, h("th", { scope: "col" }, t("option")), h("th", { scope: "col", class: "n" }, t("votes"))));
  const words = round.explanation[currentLanguage()] ?? round.explanation.ko ?? [];
  const shown = [h("table", {}, head, h("tbody", {}, totals.map(row))), h("ul", {}, words.map((sentence) => h("li", {}, sentence)))];
  if (count === 1) return shown;
  return h("details", { open: number === count - 1 }, h("summary", {}, t("round", { n: number + 1 })), shown);
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

// At a venue: the code of its screen, which the camera brings along as ?code=, or the phone's position.
function venueForm(poll) {
  const verdict = h("p", { role: "status" });
  const admit = (path, body) => attempt(async () => {
    const { until } = await call("POST", `/v1/polls/${poll.id}/admission/${path}`, body);
    verdict.textContent = t("checked_in", { until: when(until) });
    verdict.className = "good";
  }, tellIn(verdict));
  const form = h("div", { class: "card" }, h("p", {}, t("venue")));
  if (poll.definition.audience.by === "code") {
    const code = h("input", { id: "venue-code", inputmode: "numeric", autocomplete: "off", value: new URLSearchParams(location.search).get("code") ?? "" });
    form.append(h("label", { for: "venue-code" }, t("venue_code")), code, h("button", { type: "button", onclick: () => admit("code", { code: code.value }) }, t("check_in")));
  } else {
    const ask = () => navigator.geolocation.getCurrentPosition(({ coords }) => admit("position", { latitude: coords.latitude, longitude: coords.longitude }), () => (verdict.textContent = t("no_position")));
    form.append(h("button", { type: "button", onclick: ask }, t("check_in_here")));
  }
  form.append(verdict);
  return form;
}
