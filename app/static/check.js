// "Check my ballot": receipt and head are proven by hashing and signatures here, and not by trust in what the server says.
import { call, Refused } from "./api.js";
import { isChanged, isFirst, trust, trusted } from "./board_keys.js";
import { isConsistent, isIncluded, isSigned } from "./mvoting.mjs";

// Gives {verdict, index?, size?, head?, inclusion?, keys?}. `checked`: what the last check gave, of whose head the present one must
// be a continuation. `key`: the one that signed this receipt, where the file says so from which it was read.
//   found · replaced (by a later ballot of the same voter) · withdrawn (by staff) · pending · missing (accepted, and not on the
//   final board) · rewritten (the board is not the one seen before) · bad (a proof or a signature is wrong) · changed_key (a key
//   is not the one seen before) · new_key (signed by one that was not seen before)
export async function checkBallot({ receipt, checked, key }) {
  const path = `/v1/polls/${receipt.poll_id}/board`;
  const board = await unless("voting.no-board-yet", call("GET", path));
  if (!board) return { verdict: "pending" };
  if (isFirst()) trust(board.keys);
  const known = knownKeys(receipt, key);
  if (isChanged(board.keys, known)) return { verdict: "changed_key", keys: board.keys };
  if (!(receipt.kid in known)) return { verdict: "new_key", keys: board.keys };
  if (!(await isSigned("receipt", receipt, known))) return { verdict: "bad" };
  const { state, inclusion } = (await unless("voting.not-on-board", call("GET", `${path}/leaves/${receipt.leaf}`))) ?? {};
  if (!inclusion) return { verdict: state === "waiting" && !board.is_final ? "pending" : "missing" };
  if (!(inclusion.head.kid in known)) return { verdict: "new_key", keys: board.keys };
  if (!(await isProven(receipt, inclusion, known))) return { verdict: "bad" };
  const { head, index } = inclusion;
  if (!(await continues(path, checked?.head, head))) return { verdict: "rewritten" };
  return { verdict: state === "counted" ? "found" : state, index: index + 1, size: head.size, head, inclusion };
}

// Without a connection, from what this device keeps: `kept` (proven once, and again now), `signed` (the receipt alone), `bad`, or
// null where it keeps too little.
export async function checkOffline({ receipt, checked, key }) {
  const known = knownKeys(receipt, key);
  if (!(receipt.kid in known)) return null;
  if (!(await isSigned("receipt", receipt, known))) return { verdict: "bad" };
  if (!checked?.inclusion) return { verdict: "signed" };
  if (!(await isProven(receipt, checked.inclusion, known))) return { verdict: "bad" };
  return { verdict: "kept", index: checked.inclusion.index + 1, size: checked.inclusion.head.size };
}

const knownKeys = (receipt, key) => ({ ...trusted(), ...(key ? { [receipt.kid]: key } : {}) });

async function isProven(receipt, inclusion, keys) {
  const { entry, head } = inclusion;
  const isMine = entry.leaf === receipt.leaf && (entry.replaces ?? null) === receipt.replaces;
  return isMine && (await isSigned("head", head, keys)) && (await isIncluded(inclusion));
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
