// Opinions in a debate: one card each, replies below it up to three deep, one's own rewritten.
import { call } from "./api.js";
import { handler } from "./attempt.js";
import { h, sanitised, toast } from "./dom.js";
import { form } from "./forms.js";
import { makeOnce } from "./made_once.js";
import { paged } from "./paged.js";
import { reportForm } from "./report.js";
import { t, when } from "./words.js";

export const SIDES = ["for", "against", "other"];
const DEPTH_MAX = 3;

// An opinion with everything below it, folded until somebody asks for it.
export function thread(debate, comment) {
  const replies = h("div", {});
  const unfold = async () => {
    const path = `/v1/debates/${debate.id}/comments/${comment.id}/replies?limit=50`;
    const { list } = comment.reply_count ? await paged(path, (reply) => card(debate, reply, answerButton(debate, reply))) : { list: "" };
    replies.replaceChildren(list, canAnswer(debate, comment) ? commentForm(debate, comment.id) : "");
  };
  const label = comment.reply_count ? t("answers", { n: comment.reply_count }) : t("answer_to");
  const open = comment.reply_count || canAnswer(debate, comment) ? h("button", { type: "button", class: "plain", onclick: handler(unfold) }, label) : null;
  const element = card(debate, comment, open);
  element.append(replies);
  return { element, unfold };
}

// The opinion that a message is about: its whole thread unfolded, itself marked and in sight.
export async function threadOf(debate, id) {
  let root = await call("GET", `/v1/debates/${debate.id}/comments/${id}`);
  while (root.parent_id) root = await call("GET", `/v1/debates/${debate.id}/comments/${root.parent_id}`);
  const { element, unfold } = thread(debate, root);
  if (root.id !== id) await unfold();
  const meant = element.id === `comment-${id}` ? element : element.querySelector(`#comment-${id}`);
  if (meant) {
    meant.classList.add("meant");
    meant.tabIndex = -1;
  }
  return { element, root: root.id, meant };
}

const canAnswer = (debate, comment) => debate.phase === "open" && comment.depth < DEPTH_MAX;

function answerButton(debate, reply) {
  if (!canAnswer(debate, reply)) return null;
  const place = h("div", {});
  return [h("button", { type: "button", class: "plain", onclick: () => (place.replaceChildren(commentForm(debate, reply.id)), place.querySelector("textarea").focus()) }, t("answer_to")), place];
}

function card(debate, comment, answering) {
  const [button, place] = [answering].flat();
  const body = h("div", {}, comment.body_html === null ? h("p", { class: "soft" }, t("hidden_text")) : sanitised(comment.body_html));
  const isReadable = comment.body_html !== null;
  return h("div", { class: `comment depth-${comment.depth}`, id: `comment-${comment.id}` },
    comment.official ? h("span", { class: "badge open" }, `${t("official")} · ${comment.official}`) : null,
    comment.side && comment.side !== "none" ? h("span", { class: "badge" }, t(`side_${comment.side}`)) : null,
    body,
    h("p", { class: "soft small" }, `${comment.author ?? comment.official ?? ""} · ${when(comment.created_at)}${comment.edited_at ? ` · ${t("edited")}` : ""}`),
    h("div", { class: "row" }, isReadable ? votes(debate, comment) : null, button ?? null,
      isReadable && comment.is_mine && debate.phase === "open" ? editButton(debate, comment, body) : null, isReadable && !comment.is_mine ? reportForm("comment", comment.id) : null),
    place ?? null);
}

// A second tap on what was tapped last takes the vote back.
function votes(debate, { id, up, down }) {
  let mine = 0;
  const cast = (value) => handler(async () => {
    ({ up, down } = await call("PUT", `/v1/debates/${debate.id}/comments/${id}/vote`, { value: mine === value ? 0 : value }));
    mine = mine === value ? 0 : value;
    paint();
  });
  const buttons = [1, -1].map((value) => h("button", { type: "button", class: "plain vote", onclick: cast(value) }));
  function paint() {
    for (const [button, sign, value, count, label] of [[buttons[0], "▲", 1, up, "vote_up"], [buttons[1], "▼", -1, down, "vote_down"]]) {
      button.textContent = `${sign} ${count}`;
      button.setAttribute("aria-label", t(label, { n: count }));
      button.setAttribute("aria-pressed", String(mine === value));
    }
  }
  paint();
  return buttons;
}

function editButton(debate, comment, place) {
  const edit = () => {
    const body = h("textarea", { id: `edit-${comment.id}`, name: "body", required: true, maxlength: 1000 }, comment.body);
    const save = async () => {
      comment = await call("PATCH", `/v1/debates/${debate.id}/comments/${comment.id}`, { body: body.value }, { "If-Match": `"${comment.version}"` });
      place.replaceChildren(sanitised(comment.body_html));
      toast(t("saved"));
    };
    place.replaceChildren(form({}, save, h("label", { for: body.id }, t("edit")), body, h("div", { class: "row" }, h("button", {}, t("save")),
      h("button", { type: "button", class: "plain", onclick: () => place.replaceChildren(sanitised(comment.body_html)) }, t("cancel")))));
    body.focus();
  };
  return h("button", { type: "button", class: "plain", onclick: edit }, t("edit"));
}

export function commentForm(debate, parent = null) {
  const id = parent ?? "new";
  const body = h("textarea", { id: `text-${id}`, name: "body", required: true, maxlength: 1000 });
  const side = h("select", { id: `side-${id}`, name: "side" }, SIDES.map((name) => h("option", { value: name }, t(`side_${name}`))));
  const takesSide = debate.sides === "sides" && !parent;
  const memory = {};
  const submit = async () => {
    const content = { body: body.value, parent_id: parent, ...(takesSide ? { side: side.value } : {}) };
    const { made, isEarlier } = await makeOnce(`/v1/debates/${debate.id}/comments`, content, memory);
    toast(t(isEarlier ? "made_earlier" : made.visibility === "held" ? "visibility_held" : "comment_posted"));
    const address = `#/debates/${debate.id}/comments/${made.id}`; // where it stands, so that it is seen to stand there
    if (made.visibility === "held" || location.hash === address) dispatchEvent(new HashChangeEvent("hashchange"));
    else location.replace(address);
  };
  return form({ class: "card" }, submit, takesSide ? [h("label", { for: side.id }, t("side")), side] : null, h("label", { for: body.id }, t(parent ? "answer_to" : "reply")), body, h("button", { class: "main" }, t("send")));
}
