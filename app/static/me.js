// The account with its devices and consents, the inbox.
import { call, keepSession, session } from "./api.js";
import { attempt, tellIn } from "./attempt.js";
import { h } from "./dom.js";
import { consenting, waiting } from "./guardians.js";
import { receipts } from "./outbox.js";
import { agreement } from "./sign_in.js";
import { local, t, when } from "./words.js";

// Terms or privacy notice have changed: agreeing gives a token that opens the rest again.
function renewal(documents) {
  const wrong = h("p", { class: "bad", role: "alert" });
  const agreed = agreement();
  async function agree(event) {
    event.preventDefault();
    await attempt(async () => {
      keepSession({ ...session(), ...(await call("POST", "/v1/me/consents", await agreed.sent())) });
      const { state } = await call("GET", "/v1/me");
      if (state === "active") history.back();
      else location.reload(); // a child's guardian has to agree as well
    }, tellIn(wrong));
  }
  return h("form", { class: "card", id: "consents", onsubmit: agree }, h("p", {}, t("consents_changed")),
    h("ul", {}, documents.map(({ name, version }) => h("li", {}, t(`document_${name}`, { version })))), agreed.rows,
    h("button", { class: "main" }, t("consents_agree")), wrong);
}

// A code that shows, on another device or at a counter, that it is the same person.
function approval() {
  const wrong = h("p", { class: "bad", role: "alert" });
  const place = h("p", { role: "status" });
  const ask = () => attempt(async () => {
    const { code } = await call("POST", "/v1/me/approval-codes");
    place.replaceChildren(h("code", { class: "receipt" }, code), " ", t("approval_note"));
  }, tellIn(wrong));
  return h("div", { class: "card" }, h("button", { type: "button", onclick: ask }, t("approval")), place, wrong);
}

export async function account() {
  const page = [h("h1", {}, t("me"))];
  if (!session()) return [...page, h("p", {}, t("sign_in_first")), h("a", { class: "button main", href: "#/sign-in" }, t("sign_in"))];
  const [{ items }, me, versions] = await Promise.all([call("GET", "/v1/me/sessions"), call("GET", "/v1/me"), call("GET", "/v1/sign-in/consents")]);
  if (me.consents_due.length) page.push(renewal(me.consents_due.map((name) => ({ name, version: versions[name] }))));
  if (me.state === "awaiting_guardian") page.push(waiting(() => location.reload()));
  else page.push(h("p", { class: "good" }, t("signed_in")), h("a", { class: "button", href: "#/me/notifications" }, t("notifications")));
  const kept = Object.entries(receipts()).filter(([, receipt]) => receipt.receipt);
  if (kept.length) page.push(h("h2", {}, t("receipts")), kept.map(([id, receipt]) => h("a", { class: "card", href: `#/polls/${id}` }, h("strong", {}, local(receipt.title)), h("code", { class: "receipt" }, receipt.receipt.leaf))));
  page.push(h("h2", {}, t("sessions")), items.map(deviceCard), approval());
  if (me.trust === "resident") page.push(consenting());
  page.push(h("button", { type: "button", onclick: () => signOut(items.find((one) => one.is_current)) }, t("sign_out")));
  return page;
}

function deviceCard(one) {
  const name = one.device_name || one.platform;
  const end = one.is_current ? h("span", { class: "badge" }, t("this_device")) : h("button", { type: "button", onclick: async () => {
    await call("DELETE", `/v1/me/sessions/${one.id}`);
    location.reload();
  } }, t("end_session"));
  return h("div", { class: "card" }, h("strong", {}, name), h("p", { class: "soft small" }, when(one.last_used_at)), end);
}

async function signOut(current) {
  if (current) await call("DELETE", `/v1/me/sessions/${current.id}`);
  keepSession(null);
  location.hash = "#/polls";
}

export async function inbox() {
  const { items } = await call("GET", "/v1/inbox");
  const page = [h("h1", {}, t("inbox"))];
  if (!items.length) return [...page, h("p", { class: "soft" }, t("nothing"))];
  const unseen = items.filter((message) => !message.is_seen).map((message) => ({ id: message.id, event: "seen" }));
  if (unseen.length) call("POST", "/v1/inbox/acks", { acks: unseen.slice(0, 100) }).catch(() => null); // asked again next time
  return [...page, items.map(messageCard)];
}

// A message's link is the page's own address, as in the push that announced it.
function messageCard(message) {
  const to = message.link ? `#${message.link}` : null;
  return h(to ? "a" : "div", { class: "card", href: to }, message.is_seen ? null : h("span", { class: "badge open" }, "●"), h("strong", {}, message.title), h("p", {}, message.body), h("p", { class: "soft small" }, when(message.at)));
}
