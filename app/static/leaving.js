// One's own data: taken along as a file, and the account erased.
import { call } from "./api.js";
import { handler, tellIn } from "./attempt.js";
import { h, toast } from "./dom.js";
import { form } from "./forms.js";
import { forgetHere } from "./sign_out.js";
import { t, when } from "./words.js";

export function leaving() {
  return h("details", { class: "card", id: "own-data" }, h("summary", {}, t("own_data")), taking(), erasing());
}

function taking() {
  const wrong = h("p", { class: "bad", role: "alert" });
  const place = h("p", { role: "status" });
  let asked = null;
  const ask = handler(async () => {
    asked ??= await call("POST", "/v1/me/exports");
    const { state, expires_at } = await call("GET", `/v1/me/exports/${asked.id}`);
    button.textContent = t(state === "ready" ? "export" : "export_look");
    const { pathname, search } = new URL(asked.link);
    if (state === "ready") place.replaceChildren(h("a", { href: pathname + search, download: "mvoting.zip" }, t("export_fetch")), " ", t("export_until", { at: when(expires_at) }));
    else place.textContent = t("export_waiting");
  }, tellIn(wrong));
  const button = h("button", { type: "button", onclick: ask }, t("export"));
  return h("section", {}, h("h2", {}, t("export")), h("p", {}, t("export_note")), button, place, wrong);
}

function erasing() {
  const wrong = h("p", { class: "bad", role: "alert" });
  const word = h("input", { id: "erase-word", name: "word", autocomplete: "off", required: true });
  const erase = async () => {
    wrong.textContent = word.value.trim() === t("erase_word") ? "" : t("erase_wrong", { word: t("erase_word") });
    if (wrong.textContent) return word.focus();
    await call("DELETE", "/v1/me");
    forgetHere();
    toast(t("erased"));
  };
  return form({}, erase, h("h2", {}, t("erase")), h("p", {}, t("erase_note")),
    h("label", { for: "erase-word" }, t("erase_type", { word: t("erase_word") })), word, wrong, h("button", { class: "danger" }, t("erase")));
}
