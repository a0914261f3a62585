// Polls that citizens ask citizens: starting one, and how mine stand.
import { call, personId } from "./api.js";
import { h, toast } from "./dom.js";
import { form } from "./forms.js";
import { makeOnce } from "./made_once.js";
import { pagedOrNothing } from "./paged.js";
import { signInFirst } from "./sign_in_first.js";
import { local, t, when } from "./words.js";

const DAYS = [1, 3, 7, 14];
const OPTIONS_MAX = 10;

export async function myPolls() {
  return [h("h1", {}, t("my_polls")), h("a", { class: "button main", href: "#/polls/new" }, t("new_poll")), await pagedOrNothing("/v1/citizen-polls/mine?limit=20", card)];
}

function card(poll) {
  const state = poll.is_hidden ? "case_hide" : poll.review ? `review_${poll.review}` : `state_${poll.state}`;
  return h("a", { class: "card", href: `#/polls/${poll.id}` }, h("span", { class: "badge" }, t(state)), h("h2", {}, local(poll.title)),
    h("p", { class: "soft small" }, `${t("closes")} ${when(poll.closes_at)}`),
    poll.review_reason ? h("p", {}, h("strong", {}, t("answer_reason")), " ", poll.review_reason) : null,
    poll.room_number ? h("p", {}, t("room_number"), " ", h("code", {}, poll.room_number)) : null);
}

export async function composePoll() {
  if (!personId()) return signInFirst("new_poll");
  const { is_reviewed, daily_limit } = await call("GET", "/v1/citizen-polls/policy");
  const title = h("input", { id: "title", name: "title.ko", required: true, maxlength: 200 });
  const more = h("textarea", { id: "body", name: "description.ko", maxlength: 2000 });
  const options = h("fieldset", {}, h("legend", {}, t("poll_options")));
  const method = choice("method", "poll_method", [["plurality", t("choose_one")], ["approval", t("choose_any")]]);
  const days = choice("days", "poll_days", DAYS.map((count) => [count, t("days", { n: count })]), 3);
  const audience = choice("audience", "poll_audience", [["everyone", t("audience_everyone")], ["room", t("audience_room")]]);
  const password = h("input", { id: "poll-password", name: "room_password", type: "text", minlength: 4, maxlength: 64, autocomplete: "off" });
  const forRoom = h("div", { hidden: true }, h("label", { for: "poll-password" }, t("room_password")), password, h("p", { class: "soft small" }, t("poll_password_note")));
  const memory = {};
  audience.select.addEventListener("change", () => {
    forRoom.hidden = audience.select.value !== "room";
    password.required = !forRoom.hidden;
  });
  const add = h("button", { type: "button", onclick: addOption }, t("poll_option_add"));

  function addOption() {
    const number = options.querySelectorAll("input").length + 1;
    options.append(h("label", { for: `option-${number}` }, t("poll_option", { n: number })), h("input", { id: `option-${number}`, name: `questions.0.options.${number - 1}.title.ko`, maxlength: 200, required: number <= 2 }));
    add.hidden = number >= OPTIONS_MAX;
  }
  addOption();
  addOption();

  // Opened a moment from now, once: what is sent again after a lost answer has to be the same.
  let opens = null;
  const submit = async () => {
    opens ??= new Date();
    const titles = [...options.querySelectorAll("input")].map((input) => input.value.trim()).filter(Boolean);
    const said = { title: { ko: title.value }, ...(more.value.trim() ? { description: { ko: more.value } } : {}) };
    const { made, isEarlier } = await makeOnce("/v1/citizen-polls", {
      ...said, questions: [{ title: { ko: title.value }, method: method.select.value, options: titles.map((ko) => ({ title: { ko } })) }],
      audience: { kind: audience.select.value }, room_password: forRoom.hidden ? "" : password.value,
      opens_at: opens.toISOString(), closes_at: new Date(opens.getTime() + Number(days.select.value) * 86400000).toISOString(),
    }, memory);
    toast(t(isEarlier ? "made_earlier" : made.review ? "poll_waits" : "poll_made"));
    location.replace("#/polls/mine");
  };

  return [h("h1", {}, t("new_poll")), h("p", { class: "soft" }, t(is_reviewed ? "poll_note_reviewed" : "poll_note", { n: daily_limit })),
    form({}, submit, h("label", { for: "title" }, t("poll_question")), title, h("label", { for: "body" }, t("poll_more")), more,
      options, add, method.element, days.element, audience.element, forRoom, h("button", { class: "main" }, t("new_poll_send")))];
}

function choice(id, label, values, chosen) {
  const select = h("select", { id }, values.map(([value, text]) => h("option", { value, selected: value === chosen }, text)));
  return { select, element: h("div", {}, h("label", { for: id }, t(label)), select) };
}
