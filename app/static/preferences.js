// What I want to be told: topics that I follow, kinds of messages, quiet hours. One form; it is stored as a whole.
import { call } from "./api.js";
import { attempt, tellIn } from "./attempt.js";
import { pushDevices } from "./devices.js";
import { h } from "./dom.js";
import { t } from "./words.js";

const tick = (name, value, text, { checked, disabled = false, note = "" }) => h("div", { class: "row agree" },
  h("input", { id: `${name}-${value}`, type: "checkbox", name, value, checked, disabled }),
  h("label", { for: `${name}-${value}` }, text, note ? h("span", { class: "soft small" }, ` ${note}`) : null));

const clock = (name, text, value) => h("div", {}, h("label", { for: name }, text), h("input", { id: name, name, type: "time", value, required: true }));

export async function preferences() {
  const [chosen, devices] = await Promise.all([call("GET", "/v1/preferences"), pushDevices()]);
  const told = h("p", { class: "good", role: "status" }), wrong = h("p", { class: "bad", role: "alert" });
  const hours = h("div", { class: "row", hidden: !chosen.quiet.start }, clock("start", t("quiet_from"), chosen.quiet.start ?? "22:00"), clock("end", t("quiet_to"), chosen.quiet.end ?? "07:00"));
  const quiet = tick("quiet", "1", t("quiet_on"), { checked: Boolean(chosen.quiet.start) });
  quiet.querySelector("input").addEventListener("change", (event) => { hours.hidden = !event.target.checked; });
  const form = h("form", { onsubmit: store, oninput: () => told.replaceChildren() },
    h("fieldset", { class: "card" }, h("legend", {}, t("topics")), h("p", { class: "soft" }, t("topics_note")), chosen.topics.map((topic) => tick("topics", topic.name, topic.label, { checked: topic.is_followed }))),
    h("fieldset", { class: "card" }, h("legend", {}, t("kinds")), h("p", { class: "soft" }, t("kinds_note")), chosen.kinds.map((kind) => tick("kinds", kind.name, kind.label, { checked: !kind.is_muted, disabled: !kind.can_mute, note: kind.note || (kind.can_mute ? "" : t("always_on")) }))),
    h("fieldset", { class: "card" }, h("legend", {}, t("quiet")), quiet, hours),
    h("button", { class: "main" }, t("save")), told, wrong);

  async function store(event) {
    event.preventDefault();
    const ticked = (name) => [...form.querySelectorAll(`[name=${name}]:checked`)].map((box) => box.value);
    const received = new Set(ticked("kinds"));
    const span = { start: form.elements.start.value, end: form.elements.end.value, timezone: chosen.quiet.timezone ?? Intl.DateTimeFormat().resolvedOptions().timeZone };
    await attempt(async () => {
      const stored = await call("PUT", "/v1/preferences", {
        topics: ticked("topics"),
        muted: chosen.kinds.filter((kind) => kind.can_mute && !received.has(kind.name)).map((kind) => kind.name),
        hidden: chosen.hidden,
        quiet: ticked("quiet").length ? span : null,
        daily_cap: chosen.daily_cap,
      }, { "If-Match": `"${chosen.version}"` });
      chosen.version = stored.version;
      told.textContent = t("saved");
    }, tellIn(wrong));
  }

  return [h("h1", {}, t("notifications")), form, devices];
}
