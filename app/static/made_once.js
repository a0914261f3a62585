// Something made once, however many answers are lost and whatever was changed in between.
import { call, Offline, Refused } from "./api.js";
import { randomHex } from "./mvoting.mjs";

const USED = "core.idempotency-key-reused";
const mayBeMade = (error) => error instanceof Offline || [401, 409, 429].includes(error.problem.status) || error.problem.status >= 500;

// Sends changed text under the key of the text whose answer was lost: the server takes it only if the earlier one never
// arrived. Where it did arrive, the earlier text is sent once more, which tells what was made of it.
// `memory` is {} at first; `keep(memory)` stores it. Gives what was made, and whether it is an earlier text.
export async function makeOnce(path, body, memory, keep = () => {}) {
  const post = (what) => call("POST", path, what, { "Idempotency-Key": memory.key });
  const earlier = (memory.sent ?? []).filter((one) => JSON.stringify(one) !== JSON.stringify(body));
  memory.key ??= randomHex(16);
  memory.sent = [...earlier, body];
  keep(memory);
  try {
    const made = await post(body);
    startAnew(memory);
    return { made, isEarlier: false };
  } catch (error) {
    if (!(error instanceof Refused) || error.problem.code !== USED) {
      if (!(error instanceof Refused || error instanceof Offline) || !mayBeMade(error)) startAnew(memory), keep(memory);
      throw error;
    }
  }
  const made = await firstMade(earlier, post);
  startAnew(memory);
  keep(memory);
  return made ? { made, isEarlier: true } : makeOnce(path, body, memory, keep);
}

async function firstMade(texts, post) {
  for (const text of texts) {
    try {
      return await post(text);
    } catch (error) {
      if (!(error instanceof Refused) || error.problem.code !== USED) throw error;
    }
  }
  return null;
}

function startAnew(memory) {
  delete memory.key;
  delete memory.sent;
}
