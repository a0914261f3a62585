// My receipts: each checked against its poll's board, what the last check found kept for when there is no connection, the file
// that they were saved in read back, and polls in which I voted without a receipt being here.
import { call, Offline, personId, Refused } from "./api.js";
import { handler, reasonOf } from "./attempt.js";
import { trusted } from "./board_keys.js";
import { h, toast } from "./dom.js";
import { noteCheck, receipts } from "./outbox.js";
import { read, write } from "./personal.js";
import { signInFirst } from "./sign_in_first.js";
import { keyList, verdictLine } from "./verdict.js";
import { local, t } from "./words.js";

const FROM_FILE = "receipts-from-file";
const FILE_MAX_BYTES = 1_000_000;

export const here = () => Object.fromEntries(Object.entries(receipts()).filter(([, kept]) => kept.receipt));

export function myReceipts() {
  const owner = personId();
  if (!owner) return signInFirst("receipts");
  const list = h("div", {});
  let lines = [];

  function draw() {
    const read_in = read(FROM_FILE, owner);
    const noteRead = (id, checked) => write(FROM_FILE, { ...read(FROM_FILE, owner), [id]: { ...read_in[id], checked } }, owner);
    const mine = Object.entries(here()).map(([id, kept]) => card(id, kept, noteCheck, null));
    const others = Object.entries(read_in).filter(([id]) => here()[id]?.receipt.leaf !== read_in[id].receipt.leaf);
    const fromFile = others.map(([id, kept]) => card(id, kept, noteRead, t("receipt_from_file")));
    lines = [...mine, ...fromFile].map(({ verdict }) => verdict);
    list.replaceChildren(...(lines.length ? [...mine, ...fromFile].map(({ element }) => element) : [h("p", { class: "soft" }, t("no_receipts"))]));
    all.hidden = !lines.length;
    save.hidden = !mine.length;
  }

  const without = h("div", {});
  const all = h("button", { type: "button", class: "main", onclick: handler(async () => {
    for (const { check, tell } of lines) await check().catch((error) => tell(reasonOf(error)));
    without.replaceChildren(...(await votedElsewhere()));
  }) }, t("check_all"));
  const save = h("button", { type: "button", onclick: saveReceipts }, t("save_receipts"));
  const file = h("input", { id: "receipts-file", type: "file", accept: "application/json,.json", onchange: handler(async () => {
    const found = await readFile(file.files[0]);
    file.value = "";
    if (found) write(FROM_FILE, { ...read(FROM_FILE, owner), ...found }, owner), draw();
    toast(found ? t("receipts_read", { n: Object.keys(found).length }) : t("receipts_unreadable"));
  }) });
  draw();
  return [h("h1", {}, t("receipts")), h("p", { class: "soft" }, t("receipts_note")), all, list, without,
    Object.keys(trusted()).length ? h("details", { class: "card" }, h("summary", {}, t("keys")), h("p", { class: "soft small" }, t("keys_note")), keyList()) : null,
    h("div", { class: "card" }, save, h("label", { for: "receipts-file" }, t("receipts_from_file")), file)];
}

function card(id, kept, note, remark) {
  const verdict = verdictLine(kept, (checked) => note(id, checked));
  const one = h("button", { type: "button", onclick: handler(verdict.check, verdict.tell) }, t("check_ballot"));
  const element = h("div", { class: "card" }, h("h2", {}, h("a", { href: `#/polls/${id}` }, local(kept.title))),
    remark ? h("p", { class: "soft small" }, remark) : null, h("code", { class: "receipt" }, kept.receipt.leaf), verdict.line, one);
  return { element, verdict };
}

// Only while a poll is open does the city know that I voted; afterwards nobody can tell.
async function votedElsewhere() {
  // A poll whose hour has struck is open, also while the stored state, by which is asked, lags behind.
  const pages = await Promise.all(["open", "scheduled"].map((state) => call("GET", `/v1/polls?state=${state}&limit=30`)));
  const lacking = pages.flatMap(({ items }) => items).filter((poll) => poll.state === "open" && !here()[poll.id]);
  const states = await Promise.all(lacking.map((poll) => call("GET", `/v1/polls/${poll.id}/ballot`).catch((error) => {
    if (error instanceof Refused || error instanceof Offline) return { revision: 0 };
    throw error;
  })));
  const voted = lacking.filter((_, number) => states[number].revision > 0);
  return voted.length ? [h("h2", {}, t("receipts_elsewhere")), h("p", { class: "soft" }, t("receipts_elsewhere_note")),
    ...voted.map((poll) => h("a", { class: "card", href: `#/polls/${poll.id}` }, local(poll.title)))] : [];
}

export function saveReceipts() {
  const keys = trusted();
  const saved = Object.fromEntries(Object.entries(here()).map(([id, kept]) => [id, { ...kept, key: kept.key ?? keys[kept.receipt.kid] }]));
  const address = URL.createObjectURL(new Blob([JSON.stringify(saved, null, 2)], { type: "application/json" }));
  h("a", { href: address, download: "mvoting-receipts.json" }).click();
  setTimeout(() => URL.revokeObjectURL(address), 60000);
}

// Gives what `saveReceipts` wrote, or null; only what a receipt has is taken, whoever made the file.
async function readFile(file) {
  if (!file || file.size > FILE_MAX_BYTES) return null;
  try {
    const found = Object.entries(JSON.parse(await file.text())).filter(([id, kept]) => /^\w{26}$/.test(id) && kept?.receipt?.poll_id === id && /^[0-9a-f]{64}$/.test(kept.receipt.leaf));
    const keyOf = ({ key }) => (/^[0-9a-f]{64}$/.test(key) ? { key } : {});
    return found.length ? Object.fromEntries(found.map(([id, { receipt, nonce, title, ...kept }]) => [id, { receipt, nonce, title: title ?? id, ...keyOf(kept) }])) : null;
  } catch {
    return null;
  }
}
