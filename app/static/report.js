// Reporting a text: one reason, once per person.
import { call, Offline, Refused } from "./api.js";
import { h, toast } from "./dom.js";
import { t } from "./words.js";

export function reportForm(kind, id) {
  const reasons = ["spam", "offensive", "off_topic", "personal_data", "false"];
  const send = (reason) => async () => {
    try {
      await call("POST", "/v1/reports", { target: { kind, id }, reason });
      toast(t("reported"));
    } catch (error) {
      if (!(error instanceof Offline || error instanceof Refused)) throw error;
      toast(error instanceof Offline ? t("offline") : error.problem.title);
    }
  };
  return h("details", { class: "soft" }, h("summary", {}, t("report")), h("div", { class: "row" }, reasons.map((reason) => h("button", { type: "button", onclick: send(reason) }, t(reason)))));
}
