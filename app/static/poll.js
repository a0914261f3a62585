// One poll: casting a ballot one question a screen, the receipt, the result.
import { call, session } from "./api.js";
import { attempt, handler, tellIn } from "./attempt.js";
import { questions } from "./booth.js";
import { bar, h } from "./dom.js";
import { flush, noteCheck, receipts, waiting } from "./outbox.js";
import { badge } from "./polls.js";
import { verdictLine } from "./verdict.js";
import { currentLanguage, local, t, when } from "./words.js";

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
