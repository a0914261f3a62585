// Votes that wait for a connection. Each is kept until the server has answered it, and its cast_id makes sure that
// however often it is sent it counts once. It is sent in the session of the person who cast it, and in no other.
import { call, Offline, personId, Refused } from "./api.js";
import { needsConsent } from "./attempt.js";
import { meetKeys } from "./board_keys.js";
import { toast } from "./dom.js";
import { openBallot, sealedBallot } from "./mvoting.mjs";
import { read, write } from "./personal.js";
import { t } from "./words.js";

const WAITING = "waiting-casts";
const RECEIPTS = "receipts";
const SOONEST_MS = 2000;
const LATEST_MS = 60000;

let pause = SOONEST_MS;
let timer = null;
let sending = null;

export const waiting = (pollId) => read(WAITING)[pollId];
export const waitingCount = () => Object.keys(read(WAITING)).length;
export const receipts = () => read(RECEIPTS);

// Made by the published reference client, so that what was counted can be recomputed from what stays on this phone.
export async function cast(poll, choices) {
  const owner = personId();
  const make = poll.definition.secrecy === "sealed" ? sealedBallot : openBallot;
  const { body, leaf } = await make({ definition: poll.definition, choices, revision: receipts()[poll.id]?.revision ?? 0 });
  write(WAITING, { ...read(WAITING, owner), [poll.id]: { body, leaf, title: poll.title } }, owner);
  try {
    return await sendOne(poll.id, owner);
  } finally {
    if (waitingCount()) again(SOONEST_MS);
  }
}

// Returns the receipt; throws Offline when it stays in the box and Refused when the server will never take it.
async function sendOne(pollId, owner) {
  const { body, leaf, title } = read(WAITING, owner)[pollId];
  const isKept = () => pollId in read(WAITING, owner); // not after signing out, which leaves nothing behind
  try {
    const answer = await call("PUT", `/v1/polls/${pollId}/ballot`, body);
    if (answer.receipt.leaf !== leaf) throw new Error("the receipt is for another ballot"); // kept in the box, and shown
    if (isKept()) note(pollId, { ...answer, nonce: body.nonce, title }, owner);
    forget(pollId, owner);
    meetKeys();
    return answer;
  } catch (error) {
    if (error instanceof Refused && error.problem.code === "voting.revision-conflict" && isKept()) {
      // Another phone of the same person was quicker: the person decides again, knowing that.
      note(pollId, { ...(read(RECEIPTS, owner)[pollId] ?? {}), revision: error.problem.revision, title }, owner);
    }
    if (error instanceof Refused && error.problem.status < 500 && ![401, 429].includes(error.problem.status) && !needsConsent(error)) forget(pollId, owner);
    throw error;
  }
}

const note = (pollId, receipt, owner) => write(RECEIPTS, { ...read(RECEIPTS, owner), [pollId]: receipt }, owner);

export function noteCheck(pollId, checked) {
  const owner = personId();
  note(pollId, { ...read(RECEIPTS, owner)[pollId], checked }, owner);
}

function forget(pollId, owner) {
  const { [pollId]: _, ...others } = read(WAITING, owner);
  write(WAITING, others, owner);
}

// However many ask at once, the box is emptied once. Throws what stood in the way of the last vote that stays.
export function flush() {
  sending ??= sendAll().finally(() => (sending = null));
  return sending;
}

async function sendAll() {
  const owner = personId();
  for (const pollId of Object.keys(read(WAITING, owner))) {
    try {
      await sendOne(pollId, owner);
      toast(t("sent_later"));
    } catch (error) {
      if (pollId in read(WAITING, owner)) throw error;
      toast(error.problem.title);
    }
    if (location.hash.includes(pollId)) dispatchEvent(new HashChangeEvent("hashchange")); // so that the page shows what became of it
  }
}

// Most phones that lost their connection are never told that it is back, so the box asks by itself, ever more seldom.
export async function flushQuietly() {
  clearTimeout(timer);
  try {
    await flush();
    pause = SOONEST_MS;
  } catch (error) {
    if (!(error instanceof Offline || error instanceof Refused)) throw error;
    if (personId()) again(Math.max(pause, error.retryAfterS * 1000));
    pause = Math.min(pause * 2, LATEST_MS);
  }
}

function again(afterMs) {
  clearTimeout(timer);
  timer = setTimeout(flushQuietly, afterMs);
}

function atOnce() {
  pause = SOONEST_MS;
  flushQuietly();
}

addEventListener("online", atOnce);
document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && atOnce());
