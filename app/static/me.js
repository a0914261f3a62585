// The account with its devices, consents and ways of signing in.
import { call, keepSession, Offline, session } from "./api.js";
import { handler, reasonOf, tellIn } from "./attempt.js";
import { h } from "./dom.js";
import { agreement } from "./entering.js";
import { form } from "./forms.js";
import { consenting, waiting } from "./guardians.js";
import { leaving } from "./leaving.js";
import { nationalButton } from "./national.js";
import { pagedOrNothing } from "./paged.js";
import { goOn } from "./places.js";
import { here } from "./receipts.js";
import { signInFirst } from "./sign_in_first.js";
import { signOutButton } from "./sign_out.js";
import { t, when } from "./words.js";

// Terms or privacy notice have changed: agreeing gives a token that opens the rest again.
function renewal(documents) {
  const agreed = agreement();
  const agree = async () => {
    keepSession({ ...session(), ...(await call("POST", "/v1/me/consents", await agreed.sent())) });
    const { state } = await call("GET", "/v1/me");
    if (state === "active") goOn();
    else location.reload(); // a child's guardian has to agree as well
  };
  return form({ class: "card", id: "consents" }, agree, h("p", {}, t("consents_changed")),
    h("ul", {}, documents.map(({ name, version }) => h("li", {}, t(`document_${name}`, { version })))), agreed.rows,
    h("button", { class: "main" }, t("consents_agree")));
}

// A code that shows, on another device or at a counter, that it is the same person.
function approval() {
  const wrong = h("p", { class: "bad", role: "alert" });
  const place = h("p", { role: "status" });
  const ask = handler(async () => {
    const { code } = await call("POST", "/v1/me/approval-codes");
    place.replaceChildren(h("code", { class: "receipt" }, code), " ", t("approval_note"));
  }, tellIn(wrong));
  return h("div", { class: "card" }, h("button", { type: "button", onclick: ask }, t("approval")), place, wrong);
}

export async function account() {
  const page = [h("h1", {}, t("me"))];
  if (!session()) return [...signInFirst("me"), noticeLink()];
  try {
    const [me, versions, ways] = await Promise.all(["/v1/me", "/v1/sign-in/consents", "/v1/sign-in/ways"].map((path) => call("GET", path)));
    const isActive = me.state === "active" && !me.consents_due.length;
    page.push(standing(me, versions), links(isActive), isActive ? residence(me, ways) : null, await devices(), leaving());
  } catch (error) {
    if (!(error instanceof Offline)) throw error;
    page.push(h("p", { class: "card", role: "alert" }, reasonOf(error)), links(false)); // signing out works all the same
  }
  return [...page, signOutButton(), noticeLink()];
}

const noticeLink = () => h("p", { class: "small" }, h("a", { href: "#/notice" }, t("notice")));

const standing = (me, versions) => [
  me.consents_due.length ? renewal(me.consents_due.map((name) => ({ name, version: versions[name] }))) : null,
  me.state === "awaiting_guardian" ? waiting(() => location.reload()) : h("p", { class: "good" }, t(me.trust === "resident" ? "signed_in_resident" : "signed_in")),
];

// Receipts are read without a connection too; the other pages are the server's.
function links(isActive) {
  const count = Object.keys(here()).length;
  const link = (name, address, more = "") => h("a", { class: "card link", href: address }, h("strong", {}, t(name)), more);
  const others = [link("notifications", "#/me/notifications"), link("my_ideas", "#/ideas/mine"), link("my_texts", "#/me/texts"), link("my_polls", "#/polls/mine"), link("sign_ins", "#/me/sign-ins")];
  return h("nav", { "aria-label": t("me") }, link("receipts", "#/me/receipts", count ? ` ${count}` : ""), isActive ? others : null);
}

function residence(me, ways) {
  if (me.trust === "resident") return consenting();
  return h("div", { class: "card", id: "residence" }, h("h2", {}, t("residence")), h("p", {}, t(ways.national ? "residence_national" : "residence_counter")), ways.national ? nationalButton("confirm") : null);
}

async function devices() {
  return [h("h2", {}, t("sessions")), await pagedOrNothing("/v1/me/sessions?limit=20", deviceCard), approval()];
}

function deviceCard(one) {
  const end = handler(async () => {
    await call("DELETE", `/v1/me/sessions/${one.id}`);
    card.remove();
  });
  const card = h("div", { class: "card" }, h("strong", {}, one.device_name || one.platform), h("p", { class: "soft small" }, when(one.last_used_at)),
    one.is_current ? h("span", { class: "badge" }, t("this_device")) : h("button", { type: "button", onclick: end }, t("end_session")));
  return card;
}
