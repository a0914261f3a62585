// Debates: the list, one debate with its opinions by side, replies up to three deep.
import { call } from "./api.js";
import { handler, reasonOf } from "./attempt.js";
import { h, sanitised, toast } from "./dom.js";
import { makeOnce } from "./made_once.js";
import { paged, pagedOrNothing } from "./paged.js";
import { reportForm } from "./report.js";
import { t, when } from "./words.js";

const SIDES = ["for", "against", "other"];

export async function list() {
  return [h("h1", {}, t("debates")), await pagedOrNothing("/v1/debates?limit=30", card)];
}

const card = (debate) => h("a", { class: "card", href: `#/debates/${debate.id}` }, h("span", { class: `badge ${debate.phase}` }, t(`state_${debate.phase}`)), h("h2", {}, debate.title), h("p", { class: "soft small" }, `${t("replies", { n: debate.comment_count })} · ${t("closes")} ${when(debate.closes_at)}`));

// `pointed` is the comment that a message told of: it stands above the others, which may be many.
export async function one(id, pointed = null) {
  const debate = await call("GET", `/v1/debates/${id}`);
  const comments = await paged(`/v1/debates/${id}/comments?sort=best&limit=50`, (comment) => commentCard(debate, comment));
  return [
    h("span", { class: `badge ${debate.phase}` }, t(`state_${debate.phase}`)),
    h("h1", {}, debate.title),
    h("div", { class: "card" }, sanitised(debate.body_html)),
    debate.idea_id ? h("p", {}, h("a", { href: `#/ideas/${debate.idea_id}` }, t("ideas"))) : null,
    debate.summary ? h("section", { class: "card" }, h("h2", {}, t("summary")), SIDES.map((side) => (debate.summary[side] ? h("p", {}, h("span", { class: "badge" }, t(`side_${side}`)), debate.summary[side]) : null)), sanitised(debate.summary.answer_html)) : null,
    pointed ? await toldOf(debate, pointed) : null,
    debate.phase === "open" ? commentForm(debate) : null,
    h("h2", {}, t("replies", { n: debate.comment_count })),
    debate.sides === "sides" ? h("p", { class: "soft" }, SIDES.map((side) => `${t(`side_${side}`)} ${debate.side_counts?.[side] ?? 0}`).join(" · ")) : null,
    debate.pinned.map((comment) => commentCard(debate, comment)),
    comments.list,
  ];
}

async function toldOf(debate, id) {
  try {
    return h("section", {}, h("h2", {}, t("told_of")), commentCard(debate, await call("GET", `/v1/debates/${debate.id}/comments/${id}`)));
  } catch (error) {
    return h("p", { class: "card" }, reasonOf(error)); // hidden or erased since
  }
}

function commentCard(debate, comment) {
  const replies = h("div", {});
  const unfold = handler(async () => {
    const path = `/v1/debates/${debate.id}/comments/${comment.id}/replies?limit=50`;
    const { list } = comment.reply_count ? await paged(path, (reply) => commentCard(debate, reply)) : { list: "" };
    replies.replaceChildren(list, debate.phase === "open" && comment.depth < 3 ? commentForm(debate, comment.id) : "");
  });
  const open = h("button", { type: "button", class: "plain", onclick: unfold }, comment.reply_count ? t("answers", { n: comment.reply_count }) : t("answer_to"));
  return h("div", { class: "comment" },
    comment.official ? h("span", { class: "badge open" }, `${t("official")} · ${comment.official}`) : null,
    comment.side && comment.side !== "none" ? h("span", { class: "badge" }, t(`side_${comment.side}`)) : null,
    comment.body_html === null ? h("p", { class: "soft" }, t("hidden_text")) : sanitised(comment.body_html),
    h("p", { class: "soft small" }, `${comment.author ?? comment.official ?? ""} · ${when(comment.created_at)}`),
    h("div", { class: "row" }, voteButton(debate, comment, 1, "▲", comment.up), voteButton(debate, comment, -1, "▼", comment.down), open, comment.body_html === null || comment.is_mine ? null : reportForm("comment", comment.id)),
    replies);
}

function voteButton(debate, comment, value, sign, count) {
  const label = (n) => t(value > 0 ? "vote_up" : "vote_down", { n });
  const button = h("button", { type: "button", class: "plain", "aria-label": label(count), onclick: handler(async () => {
    const after = await call("PUT", `/v1/debates/${debate.id}/comments/${comment.id}/vote`, { value });
    const now = value > 0 ? after.up : after.down;
    button.textContent = `${sign} ${now}`;
    button.setAttribute("aria-label", label(now));
  }) }, `${sign} ${count}`);
  return button;
}

function commentForm(debate, parent = null) {
  const id = parent ?? "new";
  const body = h("textarea", { id: `text-${id}`, required: true, maxlength: 1000 });
  const side = h("select", { id: `side-${id}` }, SIDES.map((name) => h("option", { value: name }, t(`side_${name}`))));
  const takesSide = debate.sides === "sides" && !parent;
  const memory = {};
  const submit = handler(async () => {
    const content = { body: body.value, parent_id: parent, ...(takesSide ? { side: side.value } : {}) };
    const { made, isEarlier } = await makeOnce(`/v1/debates/${debate.id}/comments`, content, memory);
    toast(t(isEarlier ? "made_earlier" : made.visibility === "held" ? "visibility_held" : "comment_posted"));
    dispatchEvent(new HashChangeEvent("hashchange"));
  });
  return h("form", { class: "card", onsubmit: submit }, takesSide ? [h("label", { for: side.id }, t("side")), side] : null, h("label", { for: body.id }, t(parent ? "answer_to" : "reply")), body, h("button", { class: "main" }, t("send")));
}
