// Reporting a text: one reason, once per person.
import { call } from "./api.js";
import { handler } from "./attempt.js";
import { h, toast } from "./dom.js";
import { t } from "./words.js";

export function reportForm(kind, id) {
  const reasons = ["spam", "offensive", "off_topic", "personal_data", "false"];
  const send = (reason) => handler(async () => {
    await call("POST", "/v1/reports", { target: { kind, id }, reason });
    toast(t("reported"));
  });
  return h("details", { class: "soft" }, h("summary", {}, t("report")), h("div", { class: "row" }, reasons.map((reason) => h("button", { type: "button", onclick: send(reason) }, t(reason)))));
}
