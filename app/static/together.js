// What people do to one idea together: additions, co-authors, ideas merged. Its author decides.
import { call, personId } from "./api.js";
import { handler } from "./attempt.js";
import { h, sanitised, toast } from "./dom.js";
import { form } from "./forms.js";
import { makeOnce } from "./made_once.js";
import { paged } from "./paged.js";
import { t, when } from "./words.js";

const TAKES_ADDITIONS = ["collecting", "debating", "reviewing"];
const CAN_GO = ["collecting", "expired"]; // into another idea, or be taken back

const anew = () => dispatchEvent(new HashChangeEvent("hashchange")); // the page shows what became of it

export async function together(idea) {
  if (idea.visibility !== "public") return null;
  const merges = idea.is_mine ? (await call("GET", `/v1/ideas/${idea.id}/merges`)).items : [];
  return [await additions(idea), await Promise.all(merges.map((merge) => mergeCard(idea, merge))),
    idea.state === "merged" && idea.me?.has_endorsed ? going(idea) : null, idea.is_mine ? ofAuthor(idea) : null, idea.is_coauthor ? leaving(idea) : null];
}

async function additions(idea) {
  const { list, isEmpty } = await paged(`/v1/ideas/${idea.id}/additions?limit=20`, (addition) => additionCard(idea, addition));
  const offering = personId() && !idea.is_mine && TAKES_ADDITIONS.includes(idea.state) ? offerForm(idea) : null;
  return isEmpty && !offering ? null : h("section", { id: "additions" }, h("h2", {}, t("additions")), isEmpty ? null : list, offering);
}

function additionCard(idea, addition) {
  const answer = (isAccepted) => handler(async () => {
    element.replaceWith(additionCard(idea, await call("PUT", `/v1/ideas/${idea.id}/additions/${addition.id}/answer`, { is_accepted: isAccepted })));
  });
  const element = h("div", { class: "card" }, h("span", { class: `badge ${addition.state === "accepted" ? "open" : ""}` }, t(`addition_${addition.state}`)), sanitised(addition.body_html),
    h("p", { class: "soft small" }, `${addition.author} · ${when(addition.at)}`), idea.is_mine && addition.state === "offered" ? yesOrNo(answer, t("addition_accept"), t("addition_decline")) : null);
  return element;
}

const yesOrNo = (answer, yes, no) => h("div", { class: "row" }, h("button", { type: "button", onclick: answer(true) }, yes), h("button", { type: "button", class: "plain", onclick: answer(false) }, no));

function offerForm(idea) {
  const body = h("textarea", { id: "addition", name: "body", required: true, maxlength: 2000 });
  const memory = {};
  const offer = async () => {
    const { isEarlier } = await makeOnce(`/v1/ideas/${idea.id}/additions`, { body: body.value }, memory);
    toast(t(isEarlier ? "made_earlier" : "addition_sent"));
    anew();
  };
  return h("details", { class: "card" }, h("summary", {}, t("addition_offer")), form({}, offer, h("p", { class: "soft" }, t("addition_note")), h("label", { for: "addition" }, t("addition_text")), body, h("button", { class: "main" }, t("send"))));
}

async function mergeCard(idea, merge) {
  const other = await call("GET", `/v1/ideas/${merge.from_id}`).catch(() => null); // hidden since, or no connection
  const answer = (isAccepted) => handler(async () => {
    await call("PUT", `/v1/ideas/${idea.id}/merges/${merge.id}/answer`, { is_accepted: isAccepted });
    anew();
  });
  return h("section", { class: "card", id: "merge" }, h("h2", {}, t("merge_asked")), other ? h("a", { href: `#/ideas/${other.id}` }, other.title) : null, h("p", { class: "soft" }, t("merge_note")), yesOrNo(answer, t("merge_accept"), t("merge_decline")));
}

// The idea that I endorsed went into another one: my endorsement goes along only if I say so.
function going(idea) {
  const go = handler(async () => {
    const into = await call("PUT", `/v1/ideas/${idea.id}/merge-consent`);
    toast(t("merge_gone"));
    location.hash = `#/ideas/${into.id}`;
  });
  return h("section", { class: "card" }, h("p", {}, t("merge_go_note")), h("button", { type: "button", class: "main", onclick: go }, t("merge_go")));
}

function ofAuthor(idea) {
  const likes = h("div", {});
  return h("details", { class: "card", id: "of-author", ontoggle: handler(async ({ target }) => {
    if (target.open && CAN_GO.includes(idea.state)) likes.replaceChildren(...(await likely(idea)));
  }) }, h("summary", {}, t("of_author")), inviting(idea), likes, CAN_GO.includes(idea.state) ? retiring(idea) : null);
}

function inviting(idea) {
  const place = h("p", { role: "status" });
  const invite = handler(async () => {
    const { code, expires_at } = await call("POST", `/v1/ideas/${idea.id}/invitation`);
    const address = `${location.origin}/#/ideas/${idea.id}/together/${code}`;
    const copy = h("button", { type: "button", onclick: handler(async () => (navigator.share ? await navigator.share({ title: idea.title, url: address }).catch(() => null) : (await navigator.clipboard.writeText(address), toast(t("copied"))))) }, t(navigator.share ? "share" : "copy"));
    place.replaceChildren(h("code", { class: "receipt" }, address), t("invite_until", { at: when(expires_at) }), h("br"), copy);
  });
  return h("section", {}, h("h2", {}, t("invite")), h("p", { class: "soft" }, t("invite_note")), h("button", { type: "button", onclick: invite }, t("invite_make")), place);
}

async function likely(idea) {
  const { items } = await call("GET", `/v1/ideas/${idea.id}/similar`);
  const into = items.filter((other) => other.state === "collecting" && other.programme_id === idea.programme_id && other.id !== idea.id);
  if (!into.length) return [];
  const ask = (other) => handler(async () => {
    await makeOnce(`/v1/ideas/${idea.id}/merges`, { into_id: other.id }, {});
    toast(t("merge_sent"));
  });
  return [h("h2", {}, t("merge")), h("p", { class: "soft" }, t("merge_ask_note")),
    ...into.map((other) => h("div", { class: "card" }, h("a", { href: `#/ideas/${other.id}` }, other.title), h("div", {}, h("button", { type: "button", onclick: ask(other) }, t("merge_ask")))))];
}

function retiring(idea) {
  const reason = h("input", { id: "reason", name: "reason", required: true, maxlength: 500 });
  const retire = async () => {
    await call("POST", `/v1/ideas/${idea.id}/retirement`, { reason: reason.value });
    anew();
  };
  return form({}, retire, h("h2", {}, t("retire")), h("p", { class: "soft" }, t("retire_note")), h("label", { for: "reason" }, t("retire_why")), reason, h("button", { class: "danger" }, t("retire")));
}

function leaving(idea) {
  const leave = handler(async () => {
    await call("DELETE", `/v1/ideas/${idea.id}/coauthorship`);
    anew();
  });
  return h("section", { class: "card" }, h("p", {}, t("coauthor_mine")), h("button", { type: "button", onclick: leave }, t("coauthor_leave")));
}

// Where an invitation leads: the idea is read first, then joined.
export async function joining(id, code) {
  const idea = await call("GET", `/v1/ideas/${id}`);
  const join = async () => {
    await call("PUT", `/v1/ideas/${id}/coauthorship`, { code });
    toast(t("coauthor_joined"));
    location.replace(`#/ideas/${id}`);
  };
  const button = personId() ? form({}, join, h("button", { class: "main" }, t("coauthor_join"))) : h("a", { class: "button main", href: "#/sign-in" }, t("sign_in"));
  return [h("h1", {}, t("coauthor")), h("section", { class: "card" }, h("h2", {}, idea.title), sanitised(idea.body_html)), h("p", {}, t("coauthor_note")), button];
}
