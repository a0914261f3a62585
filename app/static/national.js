// The national identity: to its provider and back, to sign in or to confirm the account that is signed in.
import { call, renewSession } from "./api.js";
import { handler } from "./attempt.js";
import { h, toast } from "./dom.js";
import { enter } from "./entering.js";
import { notePlace, wantedPlace } from "./places.js";
import { t } from "./words.js";

const BEGUN = "national";
let answer = null;

// purpose: "enter" or "confirm".
export function nationalButton(purpose) {
  return h("button", { type: "button", id: "national", onclick: handler(async () => {
    const { authorization_url, state } = await call("POST", "/v1/sign-in/national");
    localStorage.setItem(BEGUN, JSON.stringify({ state, purpose, place: wantedPlace() }));
    location.assign(authorization_url);
  }) }, t(`national_${purpose}`));
}

// The provider leads back to /sign-in/national?code=…&state=…; neither stays in the address or the history.
export function takeAnswer() {
  if (location.pathname !== "/sign-in/national") return;
  answer = Object.fromEntries(new URLSearchParams(location.search));
  history.replaceState(null, "", "/#/sign-in/national");
}

export async function returned() {
  const begun = JSON.parse(localStorage.getItem(BEGUN) || "null");
  // An answer that was not asked for here may be somebody else's: nobody is signed in as another by a link.
  if (!answer?.code || answer.state !== begun?.state) return again(begun?.purpose);
  const { code, state } = answer;
  notePlace(begun.place);
  const place = h("div", {});
  try {
    if (begun.purpose === "confirm") await confirmed(code, state);
    else await enter("/v1/sign-in/national/code", { code, state }, place);
  } finally {
    if (!place.children.length) localStorage.removeItem(BEGUN); // used up, but for whoever agrees first
  }
  return [h("h1", {}, t("sign_in")), place];
}

const again = (purpose) => [h("h1", {}, t("sign_in")), h("p", { class: "card", role: "alert" }, t("national_again")),
  h("a", { class: "button main", href: purpose === "confirm" ? "#/me" : "#/sign-in" }, t("back"))];

async function confirmed(code, state) {
  await call("POST", "/v1/me/sign-ins/national", { code, state });
  await renewSession(); // what the account may do stands in its token
  toast(t("national_connected"));
  location.replace("#/me");
}
