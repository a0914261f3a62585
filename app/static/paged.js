// A list of which the server gives one page at a time.
import { call } from "./api.js";
import { handler } from "./attempt.js";
import { h } from "./dom.js";
import { t } from "./words.js";

// `show` makes an element of an item, or null for one that does not belong here; `loaded` is told each page's items. Gives the
// list; it `isEmpty` or not.
export async function paged(path, show, loaded = () => {}) {
  const list = h("div", {});
  const more = h("button", { type: "button", onclick: handler(load) }, t("more"));
  let next = null;
  async function load() {
    const page = await call("GET", next ? `${path}&after=${encodeURIComponent(next)}` : path);
    next = page.next;
    more.before(...page.items.map(show).filter(Boolean));
    more.hidden = !next;
    loaded(page.items);
  }
  list.append(more);
  await load();
  return { list, isEmpty: list.children.length === 1 && !next };
}

export async function pagedOrNothing(path, show, loaded) {
  const { list, isEmpty } = await paged(path, show, loaded);
  return isEmpty ? h("p", { class: "soft" }, t("nothing")) : list;
}
