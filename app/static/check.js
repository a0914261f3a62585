// "Check my ballot": the receipt's leaf is proven to be in the board's present head, by hashing here and not by trust.
import { call } from "./api.js";

const bytes = (hex) => Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
const hex = (data) => Array.from(data, (byte) => byte.toString(16).padStart(2, "0")).join("");
const sha256 = async (...parts) => new Uint8Array(await crypto.subtle.digest("SHA-256", await new Blob(parts).arrayBuffer()));

const leafHash = (entry) => sha256(Uint8Array.of(0), new TextEncoder().encode(entry));
const nodeHash = (left, right) => sha256(Uint8Array.of(1), left, right);

// RFC 9162, 2.1.3.2: climb from the leaf to the root.
async function rootFrom(leaf, index, size, path) {
  let [fn, sn, root] = [index, size - 1, leaf];
  for (const sibling of path) {
    if (sn === 0) return null;
    if (fn % 2 === 1 || fn === sn) {
      root = await nodeHash(sibling, root);
      while (fn % 2 === 0 && fn !== 0) [fn, sn] = [fn >> 1, sn >> 1];
    } else root = await nodeHash(root, sibling);
    [fn, sn] = [fn >> 1, sn >> 1];
  }
  return sn === 0 ? root : null;
}

export async function checkBallot(kept) {
  const { poll_id, leaf, replaces } = kept.receipt;
  const found = await call("GET", `/v1/polls/${poll_id}/board/leaves/${leaf}`);
  if (!found.inclusion) return { pending: true };
  const entry = replaces ? `{"leaf":"${leaf}","replaces":"${replaces}","type":"ballot"}` : `{"leaf":"${leaf}","type":"ballot"}`;
  const { index, proof, head } = found.inclusion;
  const root = await rootFrom(await leafHash(entry), index, head.size, proof.map(bytes));
  return root && hex(root) === head.root ? { index: index + 1, size: head.size } : {};
}
