// Writing an idea, with similar ones shown first and pictures beside it.
import { call, personId, upload } from "./api.js";
import { handler } from "./attempt.js";
import { h, toast } from "./dom.js";
import { form } from "./forms.js";
import { card } from "./ideas.js";
import { makeOnce } from "./made_once.js";
import { read, write } from "./personal.js";
import { signInFirst } from "./sign_in_first.js";
import { t } from "./words.js";

const DRAFT = "idea-draft";
const PHOTOS_MAX = 10;

// What was typed survives a dead phone: it lies in the browser, for whoever typed it, until it was sent.
export function compose() {
  const owner = personId();
  if (!owner) return signInFirst("new_idea");
  const kept = read(DRAFT, owner);
  const title = h("input", { id: "title", name: "title", required: true, minlength: 5, maxlength: 100, value: kept.title ?? "", oninput: titled });
  const body = h("textarea", { id: "body", name: "body", required: true, minlength: 10, maxlength: 5000, oninput: keep }, kept.body ?? "");
  const similar = h("div", { "aria-live": "polite" });
  const memory = kept.memory ?? {};
  const photos = kept.photos ?? [];
  let timer = null;

  function keep() {
    write(DRAFT, { title: title.value, body: body.value, photos, memory }, owner);
  }

  // By the title alone: a long text beside it is like no title.
  function titled() {
    keep();
    clearTimeout(timer);
    timer = setTimeout(lookForSimilar, 500);
  }

  async function lookForSimilar() {
    if (title.value.trim().length < 4) return;
    const { items } = await call("GET", `/v1/ideas/similar?text=${encodeURIComponent(title.value.trim())}`).catch(() => ({ items: [] }));
    similar.replaceChildren(...(items.length ? [h("h2", {}, t("similar")), ...items.slice(0, 3).map(card)] : []));
  }

  async function submit() {
    const { made, isEarlier } = await makeOnce("/v1/ideas", { title: title.value, body: body.value, ...(photos.length ? { photos } : {}) }, memory, keep);
    clearTimeout(timer);
    if (isEarlier) toast(t("made_earlier"));
    else write(DRAFT, {}, owner);
    location.hash = `#/ideas/${made.id}`;
  }

  if (kept.title) lookForSimilar();
  return [h("h1", {}, t("new_idea")), form({}, submit, h("label", { for: "title" }, t("title")), title, similar, h("label", { for: "body" }, t("body")), body,
    picking(photos, keep), h("button", { class: "main" }, t("send")))];
}

// Pictures are sent when they are chosen, so that sending the idea does not wait for them.
function picking(photos, keep) {
  const shown = h("div", { class: "row" });
  const file = h("input", { id: "photos", name: "photos", type: "file", accept: "image/jpeg,image/png,image/webp", multiple: true, onchange: handler(async () => {
    for (const one of [...file.files].slice(0, PHOTOS_MAX - photos.length)) photos.push((await upload("/v1/pictures", one)).id), paint();
    file.value = "";
  }) });
  function paint() {
    keep();
    file.disabled = photos.length >= PHOTOS_MAX;
    shown.replaceChildren(...photos.map((id, number) => h("span", { class: "picked" }, h("img", { src: `/v1/pictures/${id}/small`, alt: t("photo_n", { n: number + 1 }) }),
      h("button", { type: "button", class: "plain", "aria-label": t("photo_remove", { n: number + 1 }), onclick: () => (photos.splice(number, 1), paint()) }, "✕"))));
  }
  paint();
  return h("div", {}, h("label", { for: "photos" }, t("photos")), file, shown);
}
