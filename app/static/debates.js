// Debates: the list, one debate with its opinions by side.
import { call, Refused } from "./api.js";
import { commentForm, SIDES, thread, threadOf } from "./comments.js";
import { h, sanitised } from "./dom.js";
import { paged, pagedOrNothing } from "./paged.js";
import { reportForm } from "./report.js";
import { t, when } from "./words.js";

export async function list() {
  return [h("h1", {}, t("debates")), await pagedOrNothing("/v1/debates?limit=30", card)];
}

const card = (debate) => h("a", { class: "card", href: `#/debates/${debate.id}` }, h("span", { class: `badge ${debate.phase}` }, t(`state_${debate.phase}`)), h("h2", {}, debate.title), h("p", { class: "soft small" }, `${t("replies", { n: debate.comment_count })} · ${t("closes")} ${when(debate.closes_at)}`));

// `meant`: the opinion that a message led to. It stands first, with its thread, and nowhere else.
export async function one(id, meant) {
  const debate = await call("GET", `/v1/debates/${id}`);
  const first = meant ? await found(debate, meant) : null;
  const elsewhere = new Set([first?.root, ...debate.pinned.map((comment) => comment.id)]);
  const comments = await paged(`/v1/debates/${id}/comments?sort=best&limit=50`, (comment) => (elsewhere.has(comment.id) ? null : thread(debate, comment).element));
  return [
    h("span", { class: `badge ${debate.phase}` }, t(`state_${debate.phase}`)),
    h("h1", {}, debate.title),
    h("p", { class: "soft small" }, debate.author ? `${debate.author} · ` : "", `${when(debate.opens_at)} – ${when(debate.closes_at)}`),
    h("div", { class: "card" }, sanitised(debate.body_html)),
    debate.idea_id ? h("p", {}, h("a", { href: `#/ideas/${debate.idea_id}` }, t("its_idea"))) : null,
    debate.summary ? summaryCard(debate.summary) : null,
    debate.phase === "open" && !first ? commentForm(debate) : null,
    h("h2", {}, t("replies", { n: debate.comment_count })),
    debate.sides === "sides" ? h("p", { class: "soft" }, SIDES.map((side) => `${t(`side_${side}`)} ${debate.side_counts?.[side] ?? 0}`).join(" · ")) : null,
    first?.element ?? null,
    debate.pinned.filter((comment) => comment.id !== first?.root).map((comment) => thread(debate, comment).element),
    comments.list,
    debate.phase === "open" && first ? commentForm(debate) : null,
    debate.is_mine || debate.opened_by !== "citizen" ? null : reportForm("debate", id),
  ];
}

const summaryCard = (summary) => h("section", { class: "card" }, h("h2", {}, t("summary")),
  SIDES.map((side) => (summary[side] ? h("p", {}, h("span", { class: "badge" }, t(`side_${side}`)), summary[side]) : null)), sanitised(summary.answer_html));

// It may have been hidden, or erased with its author, since the message was sent: the debate is shown all the same.
async function found(debate, id) {
  try {
    return await threadOf(debate, id);
  } catch (error) {
    if (!(error instanceof Refused) || error.problem.status !== 404) throw error;
    return { element: h("p", { class: "card meant", tabindex: -1, role: "status" }, t("comment_gone")) };
  }
}
