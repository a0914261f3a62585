// The form of one question by its method, and the answer it gives in the shape that ballots carry.
import { deviceId } from "./api.js";
import { h } from "./dom.js";
import { local, t } from "./words.js";

const RANKED = new Set(["irv", "stv", "schulze", "borda"]);
const SCORED = new Set(["score", "star"]);

export function answerForm(question, before) {
  if (question.shuffled) question = { ...question, options: inMyOrder(question) };
  if (RANKED.has(question.method)) return ranking(question, before);
  if (SCORED.has(question.method) || question.max_points) return scores(question, before);
  return choosing(question, before);
}

function frame(question, hint) {
  return h("fieldset", {}, h("legend", { class: question.isPollsOwn ? "hidden" : null }, local(question.title)), question.description ? h("p", {}, local(question.description)) : null, h("p", { class: "soft" }, hint));
}

function optionButton(option, onclick) {
  const mark = h("span", { class: "mark", "aria-hidden": "true" });
  const words = h("span", {}, local(option.title), option.description ? h("span", { class: "soft small" }, ` ${local(option.description)}`) : null, option.cost ? h("span", { class: "soft small" }, ` ${Number(option.cost).toLocaleString()}`) : null);
  const button = h("button", { type: "button", class: "option", "aria-pressed": "false", onclick }, mark, words);
  if (option.picture) button.append(h("img", { src: `/v1/pictures/${option.picture}/small`, alt: "" }));
  return { button, mark };
}

function choosing(question, before) {
  const single = question.method === "plurality";
  const [min, max] = single ? [1, 1] : [question.min_choices ?? 1, question.max_choices ?? question.options.length];
  const budget = question.budget;
  const hint = single ? t("choose_one") : budget ? t("budget_choose", { budget: Number(budget).toLocaleString() }) : question.max_choices ? t("choose_some", { min, max }) : t("choose_any");
  const chosen = new Set(before ?? []);
  const form = { element: frame(question, hint), onchange: () => {}, isComplete: () => chosen.size >= min && chosen.size <= max, answer: () => [...chosen].sort() };
  const buttons = question.options.map((option) => {
    const made = optionButton(option, () => {
      if (single) chosen.clear();
      if (!chosen.delete(option.id)) chosen.add(option.id);
      paint();
    });
    form.element.append(made.button);
    return { ...made, id: option.id };
  });
  const paint = () => {
    for (const { button, mark, id } of buttons) {
      button.setAttribute("aria-pressed", String(chosen.has(id)));
      mark.textContent = chosen.has(id) ? "✓" : "";
    }
    form.onchange();
  };
  paint();
  return form;
}

function ranking(question, before) {
  const order = (before ?? []).flat();
  const form = { element: frame(question, t("rank_them")), onchange: () => {}, isComplete: () => order.length > 0, answer: () => order.map((id) => [id]) };
  const buttons = question.options.map((option) => {
    const made = optionButton(option, () => {
      const at = order.indexOf(option.id);
      if (at < 0) order.push(option.id);
      else order.splice(at, 1);
      paint();
    });
    form.element.append(made.button);
    return { ...made, id: option.id, title: local(option.title) };
  });
  const paint = () => {
    for (const { button, mark, id, title } of buttons) {
      const at = order.indexOf(id);
      button.setAttribute("aria-pressed", String(at >= 0));
      button.setAttribute("aria-label", at >= 0 ? `${at + 1}. ${title}` : title);
      mark.textContent = at >= 0 ? String(at + 1) : "";
    }
    form.onchange();
  };
  paint();
  return form;
}

function scores(question, before) {
  const max = question.max_points ?? question.max_score ?? 5;
  const total = () => Object.values(given).reduce((sum, points) => sum + points, 0);
  const given = { ...before };
  const form = { element: frame(question, question.max_points ? t("share_points", { max }) : t("score_them", { max })), onchange: () => {}, isComplete: () => Object.keys(given).length > 0 && (!question.max_points || total() <= question.max_points), answer: () => ({ ...given }) };
  for (const option of question.options) {
    const id = `score-${question.id}-${option.id}`;
    const select = h("select", { id, onchange: () => {
      if (select.value === "") delete given[option.id];
      else given[option.id] = Number(select.value);
      form.onchange();
    } }, h("option", { value: "" }, "–"), Array.from({ length: max + 1 }, (_, points) => h("option", { value: points }, String(points))));
    select.value = given[option.id] ?? "";
    form.element.append(h("label", { for: id }, local(option.title)), select);
  }
  return form;
}

// Another order for each phone, the same whenever this phone looks: the first place is worth votes.
function inMyOrder(question) {
  const mine = deviceId();
  const place = (id) => [...`${mine}${question.id}${id}`].reduce((sum, letter) => (Math.imul(sum, 31) + letter.charCodeAt(0)) | 0, 7);
  return [...question.options].sort((a, b) => place(a.id) - place(b.id));
}
