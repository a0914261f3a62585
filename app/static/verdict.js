// What a check of one receipt found, in words, with what can be done about a key that is not the one seen before.
import { Offline } from "./api.js";
import { trust, trusted, trustOnly } from "./board_keys.js";
import { checkBallot, checkOffline } from "./check.js";
import { handler } from "./attempt.js";
import { h } from "./dom.js";
import { t, when } from "./words.js";

const GOOD = new Set(["found", "replaced", "kept", "signed"]), BAD = new Set(["missing", "rewritten", "bad", "changed_key", "new_key"]);

// One receipt with its verdict; `check` looks again, `note(checked)` keeps what was found.
export function verdictLine(kept, note) {
  const line = h("p", { role: "status" });
  const about = h("div", {});
  const tell = (text) => ((line.className = "soft"), (line.textContent = text));

  function paint({ verdict, index, size, keys, at }) {
    const seen = at ? t("checked_at", { at: when(at) }) : "";
    line.className = GOOD.has(verdict) ? "good" : BAD.has(verdict) ? "bad" : "soft";
    line.textContent = `${t(`check_${verdict}`, { index, size, at: when(kept.checked?.proven_at ?? at ?? Date.now()) })}${seen ? ` (${seen})` : ""}`;
    about.replaceChildren(...(keys ? [keysCard(keys, verdict, check)] : []));
  }

  async function check() {
    let found;
    try {
      found = await checkBallot(kept);
    } catch (error) {
      found = error instanceof Offline ? await checkOffline(kept) : null;
      if (!found) throw error;
      return paint(found); // what the city's board said last stays noted
    }
    const at = new Date().toISOString();
    kept.checked = { ...kept.checked, ...found, at, ...(found.inclusion ? { proven_at: at } : {}), keys: undefined };
    note(kept.checked);
    paint(found);
  }

  if (kept.checked) paint(kept.checked);
  return { line: h("div", {}, line, about), check, tell };
}

// The keys letter by letter, to be compared with where the city prints them.
function keysCard(keys, verdict, check) {
  const accept = handler(async () => {
    (verdict === "changed_key" ? trustOnly : trust)(keys);
    await check();
  });
  return h("details", { class: "card", open: true }, h("summary", {}, t("keys_compare")), keyList(keys), h("button", { type: "button", class: "danger", onclick: accept }, t("keys_accept")));
}

export const keyList = (keys = trusted()) => h("dl", {}, Object.entries(keys).map(([kid, hex]) => [h("dt", {}, kid), h("dd", {}, h("code", { class: "receipt" }, hex.replace(/(.{4})(?=.)/g, "$1 ")))]));
