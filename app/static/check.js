// "Check my ballot": receipt and head are proven by hashing and signatures here, and not by trust in what the server says.
import { call, Refused } from "./api.js";
import { isConsistent, isIncluded, isSigned } from "./mvoting.mjs";

// Gives {verdict, index?, size?, head?}. `checked.head`: of the last check, of which the present one must be a continuation.
//   found · replaced (by a later ballot of the same voter) · withdrawn (by staff) · pending · missing (accepted, and not on the
//   final board) · rewritten (the board is not the one seen before) · bad (a proof or a signature is wrong)
export async function checkBallot({ receipt, checked }) {
  const path = `/v1/polls/${receipt.poll_id}/board`;
  const board = await unless("voting.no-board-yet", call("GET", path));
  if (!board) return { verdict: "pending" };
  if (!(await isSigned("receipt", receipt, board.keys))) return { verdict: "bad" };
  const { state, inclusion } = (await unless("voting.not-on-board", call("GET", `${path}/leaves/${receipt.leaf}`))) ?? {};
  if (!inclusion) return { verdict: state === "waiting" && !board.is_final ? "pending" : "missing" };
  const { entry, index, head } = inclusion;
  const isMine = entry.leaf === receipt.leaf && (entry.replaces ?? null) === receipt.replaces;
  if (!isMine || !(await isSigned("head", head, board.keys)) || !(await isIncluded(inclusion))) return { verdict: "bad" };
  if (!(await continues(path, checked?.head, head))) return { verdict: "rewritten" };
  return { verdict: state === "counted" ? "found" : state, index: index + 1, size: head.size, head };
}

// Gives null where the server refuses with this code.
async function unless(code, answer) {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof Refused && error.problem.code === code) return null;
    throw error;
  }
}

async function continues(path, earlier, head) {
  if (!earlier) return true;
  if (earlier.size > head.size) return false;
  const { proof } = await call("GET", `${path}/consistency?size1=${earlier.size}&size2=${head.size}`);
  return isConsistent(earlier, head, proof);
}
