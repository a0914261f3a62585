// The city's keys that sign receipts and boards, as this device saw them first (trust on first use). With another key the city, or
// whoever stands in its place, could show this device alone another board: so a key that changes or comes anew is said, and only
// the person who compared it with where the city prints it makes it one that this device trusts.
import { call, Offline, Refused } from "./api.js";

const KEPT = "board-keys"; // {kid: hex}: the city's and nobody's in particular, so it stays when somebody signs out

export const trusted = () => JSON.parse(localStorage.getItem(KEPT) || "{}");

export const trust = (keys) => localStorage.setItem(KEPT, JSON.stringify({ ...trusted(), ...keys }));

// Forgets what was trusted before: for whoever knows that the city began anew.
export const trustOnly = (keys) => localStorage.setItem(KEPT, JSON.stringify(keys));

export const isFirst = () => !Object.keys(trusted()).length;

// Keys that were shown before stay for ever, for they verify receipts for years: one that differs or is gone is a change.
export const isChanged = (shown, known) => Object.keys(known).some((kid) => shown[kid] !== known[kid]);

// Right after the first vote, when there is no board yet that could be another one.
export async function meetKeys() {
  if (!isFirst()) return;
  try {
    trust((await call("GET", "/v1/polls/board-keys")).keys);
  } catch (error) {
    if (!(error instanceof Offline || error instanceof Refused)) throw error; // met at the first check instead
  }
}
