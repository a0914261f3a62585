// My texts that moderators looked at: what was decided, why, and the appeal to somebody else.
import { call } from "./api.js";
import { h } from "./dom.js";
import { form } from "./forms.js";
import { pagedOrNothing } from "./paged.js";
import { t, when } from "./words.js";

const APPEAL_DAYS = 30;

export async function myTexts() {
  return [h("h1", {}, t("my_texts")), h("p", { class: "soft" }, t("my_texts_note")), await pagedOrNothing("/v1/reports/about-me?limit=20", card)];
}

function card(about) {
  const { decision, appeal } = about;
  const element = h("section", { class: "card" }, h("p", {}, h("span", { class: `badge ${decision?.action === "hide" ? "bad" : ""}` }, t(`case_${decision?.action ?? "open"}`)), h("span", { class: "soft small" }, t(`kind_${about.kind}`), " · ", when(decision?.at ?? about.opened_at))),
    h("blockquote", {}, about.title ? h("strong", {}, about.title) : null, h("p", { class: "idea-text" }, about.body)),
    decision ? h("p", {}, h("strong", {}, t("answer_reason")), " ", decision.reason) : null,
    appeal ? h("div", {}, h("p", {}, h("strong", {}, t("appeal_mine")), " ", appeal.text), h("p", { role: "status", class: appeal.outcome === "reversed" ? "good" : "soft" }, t(`appeal_${appeal.outcome ?? "open"}`), appeal.reason ? ` ${appeal.reason}` : "")) : null,
    decision?.action === "hide" && !appeal && isInTime(decision) ? appealForm(about, (lodged) => element.replaceWith(card(lodged))) : null);
  return element;
}

const isInTime = (decision) => Date.now() - new Date(decision.at) < APPEAL_DAYS * 86400000;

function appealForm(about, lodged) {
  const id = `appeal-${about.target_id}`;
  const text = h("textarea", { id, name: "text", required: true, maxlength: 2000 });
  const send = async () => {
    const { appeal } = await call("POST", "/v1/reports/appeals", { target: { kind: about.kind, id: about.target_id }, text: text.value });
    lodged({ ...about, appeal });
  };
  return h("details", {}, h("summary", {}, t("appeal")), form({}, send, h("p", { class: "soft" }, t("appeal_note")), h("label", { for: id }, t("appeal_why")), text, h("button", { class: "main" }, t("appeal_send"))));
}
