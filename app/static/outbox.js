// Votes that wait for a connection. Each is kept until the server has answered it, and its cast_id makes sure that
// however often it is sent it counts once.
import { call, Offline, Refused } from "./api.js";
import { toast } from "./dom.js";
import { t } from "./words.js";

const WAITING = "waiting-casts";
const RECEIPTS = "receipts";

const read = (name) => JSON.parse(localStorage.getItem(name) || "{}");
const write = (name, value) => localStorage.setItem(name, JSON.stringify(value));

export const waiting = (pollId) => read(WAITING)[pollId];
export const receipts = () => read(RECEIPTS);

const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
export const randomHex = () => hex(crypto.getRandomValues(new Uint8Array(16)));

export async function cast(poll, content) {
  const body = { definition_hash: poll.definition_hash, revision: receipts()[poll.id]?.revision ?? 0, cast_id: randomHex(), nonce: randomHex(), ...content };
  write(WAITING, { ...read(WAITING), [poll.id]: { body, title: poll.title } });
  return sendOne(poll.id);
}

// Returns the receipt; throws Offline when it stays in the box and Refused when the server will never take it.
async function sendOne(pollId) {
  const { body, title } = read(WAITING)[pollId];
  try {
    const answer = await call("PUT", `/v1/polls/${pollId}/ballot`, body);
    write(RECEIPTS, { ...receipts(), [pollId]: { ...answer, nonce: body.nonce, title } });
    forget(pollId);
    return answer;
  } catch (error) {
    if (error instanceof Refused && error.problem.code === "voting.revision-conflict") {
      // Another phone of the same person was quicker: the person decides again, knowing that.
      write(RECEIPTS, { ...receipts(), [pollId]: { ...(receipts()[pollId] ?? {}), revision: error.problem.revision, title } });
    }
    if (error instanceof Refused && error.problem.status < 500 && ![401, 429].includes(error.problem.status)) forget(pollId);
    throw error;
  }
}

function forget(pollId) {
  const { [pollId]: _, ...others } = read(WAITING);
  write(WAITING, others);
}

export async function flush() {
  for (const pollId of Object.keys(read(WAITING))) {
    try {
      await sendOne(pollId);
      toast(t("sent_later"));
    } catch (error) {
      if (error instanceof Offline) return;
      if (error instanceof Refused) toast(error.problem.title);
      else throw error;
    }
  }
}

addEventListener("online", flush);
