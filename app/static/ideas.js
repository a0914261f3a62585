// Ideas: the list with its orders and its search, mine, one idea with its way through the city.
import { call, personId } from "./api.js";
import { attempt, handler } from "./attempt.js";
import { bar, h, sanitised } from "./dom.js";
import { followButton } from "./follow.js";
import { form } from "./forms.js";
import { pagedOrNothing } from "./paged.js";
import { reportForm } from "./report.js";
import { signInFirst } from "./sign_in_first.js";
import { together } from "./together.js";
import { t, when } from "./words.js";

const SORTS = ["newest", "hot", "most_endorsed", "near_threshold", "overdue", "hall_of_fame"];
const wanted = { sort: "newest", q: "" }; // kept while somebody reads an idea and comes back

export async function list() {
  const place = h("div", { id: "found" });
  const sort = h("select", { id: "sort", name: "sort", onchange: () => attempt(look) }, SORTS.map((name) => h("option", { value: name, selected: name === wanted.sort }, t(`sort_${name}`))));
  const words = h("input", { id: "search", name: "q", type: "search", maxlength: 100, value: wanted.q, enterkeyhint: "search" });
  const sorting = h("div", { class: "grow" }, h("label", { for: "sort" }, t("sort")), sort);

  async function look() {
    Object.assign(wanted, { sort: sort.value, q: words.value.trim() });
    const which = wanted.q ? `q=${encodeURIComponent(wanted.q)}` : `sort=${wanted.sort}`;
    sorting.hidden = Boolean(wanted.q); // what was searched for comes newest first
    place.replaceChildren(await pagedOrNothing(`/v1/ideas?${which}&limit=30`, card));
  }

  await look();
  const search = form({ role: "search", class: "row ends" }, look, h("div", { class: "grow" }, h("label", { for: "search" }, t("search_ideas")), words), h("button", {}, t("search")));
  return [h("h1", {}, t("ideas")), h("a", { class: "button main", href: "#/ideas/new" }, t("new_idea")), search, sorting, place];
}

export async function mine() {
  if (!personId()) return signInFirst("my_ideas");
  return [h("h1", {}, t("my_ideas")), h("a", { class: "button main", href: "#/ideas/new" }, t("new_idea")), await pagedOrNothing("/v1/ideas/mine?limit=20", card)];
}

export const card = (idea) => h("a", { class: "card", href: `#/ideas/${idea.id}` }, h("span", { class: "badge" }, idea.state_name), idea.is_overdue ? h("span", { class: "badge bad" }, t("overdue")) : null, h("h2", {}, idea.title), h("p", { class: "soft small" }, `${t("endorsements", { n: idea.endorsement_count })}${idea.to_threshold ? ` · ${t("to_threshold", { n: idea.to_threshold })}` : ""}`));

export async function one(id) {
  const idea = await call("GET", `/v1/ideas/${id}`);
  const people = [idea.author, ...(idea.coauthors ?? [])].join(", ");
  return [
    h("span", { class: "badge" }, idea.state_name),
    h("h1", {}, idea.title),
    h("p", { class: "soft small" }, `${people} · ${when(idea.published_at ?? idea.created_at)}`),
    h("div", { class: "card" }, photosOf(idea), sanitised(idea.body_html)),
    standing(idea),
    leads(idea),
    (idea.answers ?? []).map(answerCard),
    (idea.promises ?? []).filter((promise) => !promise.kept_at).map((promise) => h("p", { class: promise.is_overdue ? "bad" : "soft" }, t("reply_due", { department: promise.department ?? "", at: when(promise.due_at) }))),
    idea.milestones?.length ? h("section", {}, h("h2", {}, t("milestones")), idea.milestones.map(milestone)) : null,
    idea.timeline?.length ? h("section", {}, h("h2", {}, t("timeline")), h("ol", { class: "steps" }, idea.timeline.map((step) => h("li", {}, `${when(step.at)} · ${t(`event_${step.event}`)}${step.reason ? ` – ${step.reason}` : ""}`)))) : null,
    await together(idea),
    idea.is_mine ? null : reportForm("idea", id),
  ];
}

const photosOf = (thing) => (thing.photos ?? []).map((photo) => h("img", { class: "photo", src: `/v1/pictures/${photo}/small`, alt: "" }));

// Endorsing is over once the idea has moved on; following is not.
function standing(idea) {
  if (idea.visibility !== "public") return h("p", { class: "card", role: "status" }, t(`visibility_${idea.visibility}`));
  const count = h("strong", {}, t("endorsements", { n: idea.endorsement_count }));
  const next = idea.to_threshold ? h("p", { class: "soft small" }, t("to_threshold", { n: idea.to_threshold }), idea.closes_at ? ` · ${t("closes")} ${when(idea.closes_at)}` : "") : null;
  return [h("div", { class: "row" }, idea.state === "collecting" ? endorseButton(idea.id, count, idea.me?.has_endorsed) : null, count, idea.me ? followButton(`/v1/ideas/${idea.id}/follow`, idea.me.is_following) : null), next];
}

// Where it went: a debate, a poll, another idea.
function leads(idea) {
  const link = (name, address) => h("a", { class: "card link", href: address }, h("strong", {}, t(name)));
  return [idea.merged_into ? link("merged_into", `#/ideas/${idea.merged_into}`) : null, idea.debate_id ? link("its_debate", `#/debates/${idea.debate_id}`) : null, idea.poll_id ? link("its_poll", `#/polls/${idea.poll_id}`) : null];
}

const answerCard = (answer) => h("section", { class: "card" }, h("h2", {}, t("answer")),
  h("p", {}, h("span", { class: `badge ${answer.verdict === "declined" ? "bad" : ""}` }, t(`verdict_${answer.verdict}`)), h("span", { class: "soft small" }, ` ${answer.department ?? answer.by} · ${when(answer.at)}`)),
  sanitised(answer.text_html), answer.reason ? h("p", {}, h("strong", {}, t("answer_reason")), " ", answer.reason) : null);

const milestone = (step) => h("div", { class: "card" }, h("strong", {}, `${step.percent} %`), bar(step.percent / 100), photosOf(step), sanitised(step.text_html), h("p", { class: "soft small" }, when(step.at)));

function endorseButton(id, count, hasEndorsed) {
  const button = h("button", { type: "button", class: "main", onclick: handler(async () => {
    const answer = await call(hasEndorsed ? "DELETE" : "PUT", `/v1/ideas/${id}/endorsement`);
    hasEndorsed = !hasEndorsed;
    count.textContent = t("endorsements", { n: answer.endorsement_count });
    paint();
  }) });
  const paint = () => {
    button.textContent = hasEndorsed ? `✓ ${t("endorsed")}` : t("endorse");
    button.setAttribute("aria-pressed", String(Boolean(hasEndorsed)));
  };
  paint();
  return button;
}
