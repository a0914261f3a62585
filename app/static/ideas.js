// Ideas: the list, one idea with its way through the city, writing one with similar ones shown first.
import { call, personId } from "./api.js";
import { handler, tellIn } from "./attempt.js";
import { h, sanitised, toast } from "./dom.js";
import { followButton } from "./follow.js";
import { makeOnce } from "./made_once.js";
import { pagedOrNothing } from "./paged.js";
import { read, write } from "./personal.js";
import { reportForm } from "./report.js";
import { t, when } from "./words.js";

const DRAFT = "idea-draft";

export async function list() {
  return [
    h("h1", {}, t("ideas")),
    h("a", { class: "button main", href: "#/ideas/new" }, t("new_idea")),
    await pagedOrNothing("/v1/ideas?limit=30", card),
  ];
}

const card = (idea) => h("a", { class: "card", href: `#/ideas/${idea.id}` }, h("span", { class: "badge" }, idea.state_name), idea.is_overdue ? h("span", { class: "badge bad" }, t("overdue")) : null, h("h2", {}, idea.title), h("p", { class: "soft small" }, `${t("endorsements", { n: idea.endorsement_count })}${idea.to_threshold ? ` · ${t("to_threshold", { n: idea.to_threshold })}` : ""}`));

export async function one(id) {
  const idea = await call("GET", `/v1/ideas/${id}`);
  const count = h("strong", {}, t("endorsements", { n: idea.endorsement_count }));
  return [
    h("span", { class: "badge" }, idea.state_name),
    h("h1", {}, idea.title),
    h("p", { class: "soft small" }, `${idea.author} · ${when(idea.published_at ?? idea.created_at)}`),
    h("div", { class: "card" }, (idea.photos ?? []).map((photo) => h("img", { class: "photo", src: `/v1/pictures/${photo}/small`, alt: "" })), sanitised(idea.body_html)),
    idea.visibility === "public" ? h("div", { class: "row" }, endorseButton(id, count, idea.me?.has_endorsed), count, idea.me ? followButton(`/v1/ideas/${id}/follow`, idea.me.is_following) : null) : h("p", { class: "card", role: "status" }, t(`visibility_${idea.visibility}`)),
    (idea.answers ?? []).map(answerCard),
    (idea.promises ?? []).filter((promise) => !promise.kept_at).map((promise) => h("p", { class: promise.is_overdue ? "bad" : "soft" }, t("reply_due", { department: promise.department ?? "", at: when(promise.due_at) }))),
    idea.timeline?.length ? h("section", {}, h("h2", {}, t("timeline")), h("ol", { class: "steps" }, idea.timeline.map((step) => h("li", {}, `${when(step.at)} · ${t(`event_${step.event}`)}${step.reason ? ` – ${step.reason}` : ""}`)))) : null,
    idea.is_mine ? null : reportForm("idea", id),
  ];
}

const answerCard = (answer) => h("section", { class: "card" }, h("h2", {}, t("answer")),
  h("p", {}, h("span", { class: `badge ${answer.verdict === "declined" ? "bad" : ""}` }, t(`verdict_${answer.verdict}`)), h("span", { class: "soft small" }, ` ${answer.department ?? answer.by} · ${when(answer.at)}`)),
  sanitised(answer.text_html), answer.reason ? h("p", {}, h("strong", {}, t("answer_reason")), " ", answer.reason) : null);

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

// What was typed survives a dead phone: it lies in the browser, for whoever typed it, until it was sent.
export function compose() {
  const owner = personId();
  if (!owner) return [h("h1", {}, t("new_idea")), h("p", {}, t("sign_in_first")), h("a", { class: "button main", href: "#/sign-in" }, t("sign_in"))];
  const kept = read(DRAFT, owner);
  const title = h("input", { id: "title", required: true, maxlength: 100, value: kept.title ?? "", oninput: titled });
  const body = h("textarea", { id: "body", required: true, maxlength: 5000, oninput: keep }, kept.body ?? "");
  const similar = h("div", { "aria-live": "polite" });
  const wrong = h("p", { class: "bad", role: "alert" });
  const memory = kept.memory ?? {};
  let timer = null;

  function keep() {
    write(DRAFT, { title: title.value, body: body.value, memory }, owner);
  }

  // By the title alone: a long text beside it is like no title.
  function titled() {
    keep();
    clearTimeout(timer);
    timer = setTimeout(lookForSimilar, 500);
  }

  async function lookForSimilar() {
    if (title.value.trim().length < 4) return;
    const { items } = await call("GET", `/v1/ideas/similar?text=${encodeURIComponent(title.value.trim())}`).catch(() => ({ items: [] }));
    similar.replaceChildren(...(items.length ? [h("h2", {}, t("similar")), ...items.slice(0, 3).map(card)] : []));
  }

  const submit = handler(async () => {
    const { made, isEarlier } = await makeOnce("/v1/ideas", { title: title.value, body: body.value }, memory, keep);
    clearTimeout(timer);
    if (isEarlier) toast(t("made_earlier"));
    else write(DRAFT, {}, owner);
    location.hash = `#/ideas/${made.id}`;
  }, tellIn(wrong));

  if (kept.title) lookForSimilar();
  return [h("h1", {}, t("new_idea")), h("form", { onsubmit: submit }, h("label", { for: "title" }, t("title")), title, similar, h("label", { for: "body" }, t("body")), body, wrong, h("button", { class: "main" }, t("send")))];
}
