// Being told of what happens to an idea: a switch that shows how it stands.
import { call } from "./api.js";
import { handler } from "./attempt.js";
import { h } from "./dom.js";
import { t } from "./words.js";

export function followButton(path, isFollowing) {
  const button = h("button", { type: "button", id: "follow", onclick: handler(async () => {
    await call(isFollowing ? "DELETE" : "PUT", path);
    isFollowing = !isFollowing;
    paint();
  }) });
  const paint = () => {
    button.textContent = isFollowing ? `✓ ${t("following")}` : t("follow");
    button.setAttribute("aria-pressed", String(isFollowing));
  };
  paint();
  return button;
}
