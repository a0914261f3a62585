// Votes that wait for a connection. Each is kept until the server has answered it, and its cast_id makes sure that
// however often it is sent it counts once.
import { call, Offline, Refused } from "./api.js";
import { needsConsent } from "./attempt.js";
import { toast } from "./dom.js";
import { openBallot, sealedBallot } from "./mvoting.mjs";
import { t } from "./words.js";

const WAITING = "waiting-casts";
const RECEIPTS = "receipts";

const read = (name) => JSON.parse(localStorage.getItem(name) || "{}");
const write = (name, value) => localStorage.setItem(name, JSON.stringify(value));

export const waiting = (pollId) => read(WAITING)[pollId];
export const receipts = () => read(RECEIPTS);

// Made by the published reference client, so that what was counted can be recomputed from what stays on this phone.
export async function cast(poll, choices) {
  const make = poll.definition.secrecy === "sealed" ? sealedBallot : openBallot;
  const { body, leaf } = await make({ definition: poll.definition, choices, revision: receipts()[poll.id]?.revision ?? 0 });
  write(WAITING, { ...read(WAITING), [poll.id]: { body, leaf, title: poll.title } });
  return sendOne(poll.id);
}

// Returns the receipt; throws Offline when it stays in the box and Refused when the server will never take it.
async function sendOne(pollId) {
  const { body, leaf, title } = read(WAITING)[pollId];
  try {
    const answer = await call("PUT", `/v1/polls/${pollId}/ballot`, body);
    if (answer.receipt.leaf !== leaf) throw new Error("the receipt is for another ballot"); // kept in the box, and shown
    write(RECEIPTS, { ...receipts(), [pollId]: { ...answer, nonce: body.nonce, title } });
    forget(pollId);
    return answer;
  } catch (error) {
    if (error instanceof Refused && error.problem.code === "voting.revision-conflict") {
      // Another phone of the same person was quicker: the person decides again, knowing that.
      write(RECEIPTS, { ...receipts(), [pollId]: { ...(receipts()[pollId] ?? {}), revision: error.problem.revision, title } });
    }
    if (error instanceof Refused && error.problem.status < 500 && ![401, 429].includes(error.problem.status) && !needsConsent(error)) forget(pollId);
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
      if (location.hash.includes(pollId)) dispatchEvent(new HashChangeEvent("hashchange")); // so that the page shows the receipt
    } catch (error) {
      if (error instanceof Offline) return;
      if (error instanceof Refused) toast(error.problem.title);
      else throw error;
    }
  }
}

addEventListener("online", flush);
