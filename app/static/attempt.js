// What every button does with the two ways in which a request fails: say so, or lead to signing in.
import { lacksSession, Offline, Refused } from "./api.js";
import { toast } from "./dom.js";
import { t } from "./words.js";

export const needsSignIn = lacksSession;

// The terms have changed since, or a guardian has not consented yet: the account page asks.
const CONSENTS = ["accounts.consent-due", "accounts.guardian-required"];
export const needsConsent = (error) => error instanceof Refused && CONSENTS.includes(error.problem.code);

export function reasonOf(error) {
  if (error instanceof Offline) return error.retryAfterS ? t("busy", { n: error.retryAfterS }) : t("offline");
  if (error instanceof Refused) return error.problem.title;
  throw error;
}

// `tell(sentence, error)` shows it, or nothing when it is empty; as a toast unless the page has a place for it.
export async function attempt(step, tell = toast) {
  if (tell !== toast) tell("");
  try {
    await step();
  } catch (error) {
    if (needsSignIn(error) && location.hash !== "#/sign-in") location.hash = "#/sign-in";
    else if (needsConsent(error)) location.hash = "#/me";
    else tell(reasonOf(error), error);
  }
}

// What a button or a form does, once at a time: a second tap while the first one waits does nothing. It is not `disabled`
// meanwhile: that would take the focus away from whoever goes by keyboard.
export const handler = (step, tell = toast) => async (event) => {
  event.preventDefault();
  const tapped = event.submitter ?? event.currentTarget;
  if (tapped.ariaDisabled === "true") return;
  tapped.ariaDisabled = "true";
  try {
    await attempt(() => step(event), tell);
  } finally {
    tapped.ariaDisabled = null;
  }
};

export const tellIn = (element) => (text) => (element.textContent = text);
