// A phone number and the code that proves it: sent by text message where the city has a gateway, shown in development.
import { call, deviceId } from "./api.js";
import { handler } from "./attempt.js";
import { h, toast } from "./dom.js";
import { form } from "./forms.js";
import { t } from "./words.js";

export const isOffered = (ways) => ways.text_message || ways.development;
export const pathOf = (ways) => (ways.text_message ? "phone" : "development");

// Shows in `place` first the number, then the code; `prove({phone, code})` does what it is for, `label` names that.
export function askForNumber(ways, place, label, prove, given = "") {
  const phone = h("input", { id: "phone", name: "phone", type: "tel", autocomplete: "tel", inputmode: "tel", required: true, maxlength: 24, placeholder: "010-1234-5678", value: given });
  const send = async () => (ways.text_message ? await call("POST", "/v1/sign-in/phone", { phone: phone.value, device_id: deviceId() }) : await call("POST", "/v1/sign-in/development", { phone: phone.value })).code;
  const ask = async () => showCode(await send());

  function showCode(shown) {
    const code = h("input", { id: "code", name: "code", inputmode: "numeric", autocomplete: "one-time-code", maxlength: 6, minlength: 6, required: true });
    const sent = h("p", { role: "status" });
    const paint = (now) => sent.replaceChildren(now ? h("span", { class: "soft" }, t("code_shown", { code: now })) : t("code_sent"), h("br"), h("strong", {}, phone.value));
    const again = handler(async () => (paint(await send()), toast(t("code_sent"))));
    paint(shown);
    place.replaceChildren(form({ class: "card" }, () => prove({ phone: phone.value, code: code.value }), sent,
      h("label", { for: "code" }, t("code")), code, h("button", { class: "main" }, label),
      h("div", { class: "row" }, h("button", { type: "button", class: "plain", onclick: again }, t("code_again")),
        h("button", { type: "button", class: "plain", onclick: () => askForNumber(ways, place, label, prove, phone.value) }, t("other_number")))));
    code.focus();
  }

  place.replaceChildren(form({ class: "card" }, ask, h("label", { for: "phone" }, t("phone")), phone, h("button", { class: "main" }, t("get_code"))));
  if (given) phone.focus();
}
