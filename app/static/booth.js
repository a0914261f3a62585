// Casting a ballot: one question a screen, then one look at everything before it is cast. Each screen is a step of the
// browser's history, so that a phone's own way back leads to the question before and keeps what was chosen.
import { Offline } from "./api.js";
import { answerForm } from "./answers.js";
import { handler, needsConsent, needsSignIn, reasonOf } from "./attempt.js";
import { h } from "./dom.js";
import { cast } from "./outbox.js";
import { local, t } from "./words.js";

// `done` and `waits` make what is shown once the vote is in the box of the city, or of this device.
export function questions(poll, place, { done, waits }) {
  const all = poll.definition.questions;
  const address = location.hash;
  const choices = {}; // what was settled by going on: an answer, or null for none
  const looks = {}; // what was ticked when a question was last seen
  let leave = () => {};
  if (history.state?.step) history.replaceState(null, ""); // of before a reload, which forgets what was chosen
  let at = 0;

  function draw() {
    const open = all.findIndex((question) => !(question.id in choices)); // no further than the first that is not settled
    at = Math.min(history.state?.step ?? 0, open < 0 ? all.length : open);
    place.replaceChildren(at === all.length ? confirmation() : screen(at));
    place.querySelector("legend, h2")?.scrollIntoView({ block: "nearest" });
  }

  function goOn() {
    history.pushState({ step: at + 1 }, "");
    draw();
  }

  function wander() {
    if (!place.isConnected || location.hash !== address) return removeEventListener("popstate", wander);
    leave();
    draw();
  }

  function screen(number) {
    const question = all[number];
    const isPollsOwn = all.length === 1 && local(question.title) === local(poll.title); // said once is enough
    const form = answerForm({ ...question, isPollsOwn }, looks[question.id]);
    const settle = () => (choices[question.id] = looks[question.id] = form.answer());
    leave = () => {
      looks[question.id] = form.answer();
      if (form.isComplete()) settle();
      else if (choices[question.id] !== null) delete choices[question.id];
    };
    const next = h("button", { type: "button", class: "main", onclick: () => (settle(), goOn()) }, t("next"));
    form.onchange = () => (next.disabled = !form.isComplete());
    form.onchange();
    const skip = () => ((choices[question.id] = null), delete looks[question.id], goOn());
    const blank = question.blank === false ? null : h("button", { type: "button", class: "plain", onclick: skip }, t("blank"));
    const counter = all.length > 1 ? h("p", { class: "soft small" }, t("question_of", { n: number + 1, all: all.length })) : null;
    return h("div", {}, counter, form.element, next, h("div", { class: "row" }, number ? back() : null, blank));
  }

  const back = () => h("button", { type: "button", class: "plain", onclick: () => history.back() }, t("back"));

  function confirmation() {
    leave = () => {};
    const lines = all.map((question) => h("div", {}, h("strong", {}, local(question.title)), h("p", {}, inWords(question, choices[question.id]))));
    return h("div", { class: "card" }, h("h2", {}, t("confirm_title")), lines, h("button", { type: "button", class: "main", onclick: handler(submit) }, t("cast")), back());
  }

  async function submit() {
    try {
      await cast(poll, choices);
      finish(done());
    } catch (error) {
      if (error instanceof Offline) finish([waits()]);
      else if (needsSignIn(error) || needsConsent(error)) throw error;
      else place.replaceChildren(h("p", { class: "bad card", role: "alert" }, reasonOf(error)), h("button", { type: "button", onclick: draw }, t("retry")));
    }
  }

  // The way back leads out of the poll from here, and not to its questions.
  function finish(shown) {
    removeEventListener("popstate", wander);
    place.replaceChildren(...shown);
    if (at) history.go(-at);
  }

  addEventListener("popstate", wander);
  draw();
}

function inWords(question, answer) {
  const title = (id) => local(question.options.find((option) => option.id === id)?.title);
  if (answer === null || answer === undefined) return t("blank");
  if (Array.isArray(answer)) return answer.map((tier, place) => (Array.isArray(tier) ? `${place + 1}. ${tier.map(title).join(" = ")}` : title(tier))).join(", ");
  return Object.entries(answer).map(([id, points]) => `${title(id)} ${points}`).join(", ");
}
