// The phones and browsers that get pushes, and the truth about each.
import { call } from "./api.js";
import { handler } from "./attempt.js";
import { h } from "./dom.js";
import { ago, t } from "./words.js";

export async function pushDevices() {
  const { items } = await call("GET", "/v1/devices");
  return h("section", { id: "devices" }, h("h2", {}, t("push_devices")), items.length ? items.map(card) : h("p", { class: "soft" }, t("push_devices_none")));
}

function card(device) {
  const isReady = device.condition === "ready";
  const element = h("div", { class: "card" }, h("strong", {}, device.name || t(`platform_${device.platform}`)),
    h("p", { class: isReady ? "good" : "bad" }, t(`device_${device.condition}`)),
    h("p", { class: "soft small" }, device.reached_at ? t("reached_at", { ago: ago(device.reached_at) }) : t("never_reached")),
    h("button", { type: "button", onclick: handler(async () => {
      await call("DELETE", `/v1/devices/${device.id}`);
      element.remove();
    }) }, t("forget_device")));
  return element;
}
