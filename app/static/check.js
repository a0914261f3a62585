// "Check my ballot": receipt and head are proven by hashing and signatures here, and not by trust in what the server says.
import { call } from "./api.js";
import { isIncluded, isSigned } from "./mvoting.mjs";

export async function checkBallot({ receipt }) {
  const path = `/v1/polls/${receipt.poll_id}/board`;
  const { inclusion } = await call("GET", `${path}/leaves/${receipt.leaf}`);
  if (!inclusion) return { pending: true };
  const { keys } = await call("GET", path);
  const { entry, index, head } = inclusion;
  const isMine = entry.leaf === receipt.leaf && (entry.replaces ?? null) === receipt.replaces;
  const isProven = isMine && (await isSigned("receipt", receipt, keys)) && (await isSigned("head", head, keys)) && (await isIncluded(inclusion));
  return isProven ? { index: index + 1, size: head.size } : {};
}
