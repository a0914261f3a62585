// Polls: the list, casting a ballot one question a screen, the result.
import { call, Offline, session } from "./api.js";
import { answerForm } from "./answers.js";
import { attempt, needsSignIn, reasonOf, tellIn } from "./attempt.js";
import { checkBallot } from "./check.js";
import { bar, h } from "./dom.js";
import { cast, receipts, waiting } from "./outbox.js";
import { currentLanguage, local, t, when } from "./words.js";

const SHOWN_AS_OPEN = new Set(["open"]);

const badge = (state) => h("span", { class: `badge ${SHOWN_AS_OPEN.has(state) ? "open" : ""}` }, t(`state_${state}`));

export async function list() {
  const { items } = await call("GET", "/v1/polls?limit=50");
  return [h("h1", {}, t("polls")), items.length ? items.map(card) : h("p", { class: "soft" }, t("nothing")), roomForm()];
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
  else if (poll.state !== "open") page.push(h("p", { class: "soft" }, t("no_figures")));
  if (receipts()[id]?.receipt) page.push(receiptCard(id));
  return page;
}

function booth(poll) {
  if (!session()) return [h("p", {}, t("sign_in_first")), h("a", { class: "button main", href: "#/sign-in" }, t("sign_in"))];
  if (waiting(poll.id)) return [h("div", { class: "card" }, h("strong", {}, t("voted_waiting")), h("p", {}, t("offline_vote")))];
  const hasVoted = Boolean(receipts()[poll.id]?.receipt);
  if (hasVoted && !poll.definition.changeable) return [];
  const place = h("div", {});
  const start = () => place.replaceChildren(questions(poll, place));
  if (hasVoted) place.append(h("button", { type: "button", onclick: start }, t("change_vote")));
  else start();
  return [poll.definition.audience.kind === "on_site" ? venueForm(poll) : null, place];
}

// One question a screen, then one look at everything before it is cast.
function questions(poll, place) {
  const all = poll.definition.questions;
  const choices = {};
  const ask = (number) => {
    if (number === all.length) return confirm();
    const question = all[number];
    const isPollsOwn = all.length === 1 && local(question.title) === local(poll.title); // said once is enough
    const form = answerForm({ ...question, isPollsOwn }, choices[question.id]);
    const go = (to) => () => {
      choices[question.id] = form.answer();
      place.replaceChildren(ask(to));
      place.querySelector("legend, h2")?.scrollIntoView({ block: "nearest" });
    };
    const next = h("button", { type: "button", class: "main", onclick: go(number + 1) }, t("next"));
    form.onchange = () => (next.disabled = !form.isComplete());
    form.onchange();
    const blank = question.blank === false ? null : h("button", { type: "button", class: "plain", onclick: () => ((choices[question.id] = null), place.replaceChildren(ask(number + 1))) }, t("blank"));
    const counter = all.length > 1 ? h("p", { class: "soft small" }, t("question_of", { n: number + 1, all: all.length })) : null;
    return h("div", {}, counter, form.element, next, h("div", { class: "row" }, number ? h("button", { type: "button", class: "plain", onclick: go(number - 1) }, t("back")) : null, blank));
  };
  const confirm = () => {
    const lines = all.map((question) => h("div", {}, h("strong", {}, local(question.title)), h("p", {}, inWords(question, choices[question.id]))));
    const button = h("button", { type: "button", class: "main", onclick: () => submit(button) }, t("cast"));
    return h("div", { class: "card" }, h("h2", {}, t("confirm_title")), lines, button, h("button", { type: "button", class: "plain", onclick: () => place.replaceChildren(ask(0)) }, t("back")));
  };
  const submit = async (button) => {
    button.disabled = true;
    try {
      await cast(poll, choices);
      place.replaceChildren(h("h2", { class: "good", role: "status" }, `✓ ${t("voted")}`), receiptCard(poll.id));
    } catch (error) {
      if (error instanceof Offline) place.replaceChildren(h("div", { class: "card", role: "status" }, h("strong", {}, t("voted_waiting")), h("p", {}, t("offline_vote"))));
      else if (needsSignIn(error)) location.hash = "#/sign-in";
      else place.replaceChildren(h("p", { class: "bad card", role: "alert" }, reasonOf(error)), h("button", { type: "button", onclick: () => place.replaceChildren(ask(0)) }, t("retry")));
    }
  };
  return ask(0);
}

function inWords(question, answer) {
  const title = (id) => local(question.options.find((option) => option.id === id)?.title);
  if (answer === null || answer === undefined) return t("blank");
  if (Array.isArray(answer)) return answer.map((tier, place) => (Array.isArray(tier) ? `${place + 1}. ${tier.map(title).join(" = ")}` : title(tier))).join(", ");
  return Object.entries(answer).map(([id, points]) => `${title(id)} ${points}`).join(", ");
}

function receiptCard(id) {
  const kept = receipts()[id];
  const verdict = h("p", { role: "status" });
  const check = h("button", { type: "button", onclick: async () => {
    check.disabled = true;
    const found = await checkBallot(kept).catch((error) => (error instanceof Offline ? { offline: true } : Promise.reject(error)));
    verdict.textContent = found.offline ? t("offline") : found.pending ? t("check_pending") : found.size ? t("check_found", found) : t("check_bad");
    verdict.className = found.size ? "good" : found.pending || found.offline ? "soft" : "bad";
    check.disabled = false;
  } }, t("check_ballot"));
  return h("div", { class: "card" }, h("h2", {}, t("receipt")), h("code", { class: "receipt" }, kept.receipt.leaf), h("p", { class: "soft small" }, t("receipt_what")), privacyLink(id), check, verdict);
}

const privacyLink = (id) => h("p", { class: "small" }, h("a", { href: `/v1/polls/${id}/privacy.html` }, t("poll_privacy")));

export async function result(id) {
  const poll = await call("GET", `/v1/polls/${id}`);
  const page = [badge(poll.state), h("h1", {}, local(poll.title))];
  if (!poll.result) return [...page, h("p", {}, t("no_figures"))];
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
  const number = h("input", { id: "room", inputmode: "numeric", maxlength: 8, required: true });
  const password = h("input", { id: "room-password", type: "password", maxlength: 64, required: true, autocomplete: "off" });
  const wrong = h("p", { class: "bad", role: "alert" });
  const enter = (event) => {
    event.preventDefault();
    return attempt(async () => {
      const { poll_id } = await call("POST", `/v1/rooms/${encodeURIComponent(number.value)}/admission`, { password: password.value });
      location.hash = `#/polls/${poll_id}`;
    }, tellIn(wrong));
  };
  return h("details", { class: "card" }, h("summary", {}, t("room")), h("form", { onsubmit: enter }, h("label", { for: "room" }, t("room_number")), number, h("label", { for: "room-password" }, t("room_password")), password, wrong, h("button", { class: "main" }, t("enter"))));
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
