// Signing in with a phone number, the account with its devices, the inbox.
import { call, deviceId, keepSession, session } from "./api.js";
import { attempt, tellIn } from "./attempt.js";
import { h } from "./dom.js";
import { flush, receipts } from "./outbox.js";
import { local, t, when } from "./words.js";

export function signIn() {
  const phone = h("input", { id: "phone", type: "tel", autocomplete: "tel", inputmode: "tel", required: true, placeholder: "010-1234-5678" });
  const wrong = h("p", { class: "bad", role: "alert" });
  const place = h("div", {});
  const form = h("form", { class: "card", onsubmit: askForCode }, h("label", { for: "phone" }, t("phone")), phone, h("button", { class: "main" }, t("get_code")));

  async function askForCode(event) {
    event.preventDefault();
    await attempt(async () => {
      const { code } = await call("POST", "/v1/sign-in/development", { phone: phone.value });
      place.replaceChildren(codeForm(code));
      place.querySelector("input").focus();
    }, tellIn(wrong));
  }

  function codeForm(shown) {
    const code = h("input", { id: "code", inputmode: "numeric", autocomplete: "one-time-code", maxlength: 6, required: true });
    const agree = h("input", { id: "agree", type: "checkbox", required: true });
    return h("form", { class: "card", onsubmit: (event) => enter(event, code.value) },
      h("p", { role: "status" }, t("code_sent"), " ", h("span", { class: "soft" }, t("code_shown", { code: shown }))),
      h("label", { for: "code" }, t("code")), code,
      h("div", { class: "row agree" }, agree, h("label", { for: "agree" }, t("agree"))),
      h("button", { class: "main" }, t("sign_in")));
  }

  async function enter(event, code) {
    event.preventDefault();
    await attempt(async () => {
      const device = { id: deviceId(), name: navigator.userAgentData?.platform ?? "", platform: "web" };
      const consents = { ...(await call("GET", "/v1/sign-in/consents")), is_fourteen: true };
      keepSession(await call("POST", "/v1/sign-in/development/code", { phone: phone.value, code, device, consents }));
      flush();
      if (history.length > 1) history.back();
      else location.hash = "#/polls";
    }, tellIn(wrong));
  }

  return [h("h1", {}, t("sign_in")), form, place, wrong];
}

// Terms or privacy notice have changed: agreeing gives a token that opens the rest again.
function renewal() {
  const wrong = h("p", { class: "bad", role: "alert" });
  const agree = () => attempt(async () => {
    const versions = await call("GET", "/v1/sign-in/consents");
    keepSession({ ...session(), ...(await call("POST", "/v1/me/consents", { ...versions, is_fourteen: true })) });
    history.back();
  }, tellIn(wrong));
  return h("div", { class: "card", id: "consents" }, h("p", {}, t("consents_changed")), h("button", { type: "button", class: "main", onclick: agree }, t("consents_agree")), wrong);
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
  const [{ items }, { consents_due }] = await Promise.all([call("GET", "/v1/me/sessions"), call("GET", "/v1/me")]);
  if (consents_due.length) page.push(renewal());
  page.push(h("p", { class: "good" }, t("signed_in")));
  const kept = Object.entries(receipts()).filter(([, receipt]) => receipt.receipt);
  if (kept.length) page.push(h("h2", {}, t("receipts")), kept.map(([id, receipt]) => h("a", { class: "card", href: `#/polls/${id}` }, h("strong", {}, local(receipt.title)), h("code", { class: "receipt" }, receipt.receipt.leaf))));
  page.push(h("h2", {}, t("sessions")), items.map(deviceCard), approval());
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
