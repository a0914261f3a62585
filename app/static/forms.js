// Forms that say beside each field what is wrong with it and lead to the first: to the eye and to a screen reader alike.
import { Refused } from "./api.js";
import { handler } from "./attempt.js";
import { h } from "./dom.js";
import { t } from "./words.js";

// What is said about one field without naming it: the first of these that the form has.
const ABOUT = { "accounts.invalid-code": ["code", "approval_code"], "accounts.no-mobile-number": ["phone"], "proposals.invitation-invalid": ["code"] };

// A field's `name` is its path in the body that is sent: "title", "questions.0.title.ko". `step` is run once the fields are filled.
export function form(attributes, step, ...children) {
  const wrong = h("p", { class: "bad", role: "alert" });
  const tell = (text, error) => (wrong.textContent = text && sayBeside(element, errorsOf(error, element)) ? "" : text);
  const run = handler(step, tell);
  const submit = (event) => {
    event.preventDefault();
    if (!sayBeside(element, Object.fromEntries([...element.elements].filter((field) => !field.validity.valid && !field.closest("[hidden]")).map((field) => [field.name, lackOf(field)])))) return run(event);
  };
  const element = h("form", { novalidate: true, ...attributes, onsubmit: submit, oninput: ({ target }) => takeBack(target) }, ...children, wrong);
  return element;
}

function lackOf({ validity, type, minLength }) {
  if (validity.valueMissing) return t(type === "checkbox" ? "field_tick" : "field_missing");
  return validity.tooShort ? t("field_short", { n: minLength }) : t("field_wrong");
}

function errorsOf(error, element) {
  if (!(error instanceof Refused)) return {};
  const about = (ABOUT[error.problem.code] ?? []).find((name) => element.elements[name]);
  return about ? { [about]: error.problem.title } : paths(error.problem.errors?.json ?? {});
}

// {"title": {"ko": ["…"]}} → {"title.ko": "…"}
function paths(errors, before = "") {
  if (typeof errors !== "object" || errors === null) return before ? { [before]: String(errors) } : {};
  if (Array.isArray(errors)) return before ? { [before]: errors.join(" ") } : {};
  return Object.assign({}, ...Object.entries(errors).map(([key, inner]) => paths(inner, before ? `${before}.${key}` : key)));
}

// Gives whether every error stands beside its field; where one has no field here, the form says what it says.
function sayBeside(element, errors) {
  const fields = [...element.elements].filter((field) => field.id);
  fields.forEach(takeBack);
  const wrong = fields.filter((field) => errors[field.name]);
  for (const field of wrong) {
    const id = `${field.id}-wrong`;
    (field.closest(".row") ?? field).after(h("p", { id, class: "bad small" }, errors[field.name]));
    field.setAttribute("aria-invalid", "true");
    field.setAttribute("aria-describedby", id);
  }
  wrong[0]?.focus();
  return wrong.length > 0 && wrong.length === Object.keys(errors).length;
}

function takeBack(field) {
  if (!field.id) return;
  document.getElementById(`${field.id}-wrong`)?.remove();
  field.removeAttribute("aria-invalid");
  field.removeAttribute("aria-describedby");
}
