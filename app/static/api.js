// Requests to the API: the language, the session and its renewal, and the two ways in which they fail.
import { currentLanguage } from "./words.js";

// No answer that means anything: no connection, or a server that asks to be left alone for `retryAfterS`.
export class Offline extends Error {
  constructor(retryAfterS = 0) {
    super("offline");
    this.retryAfterS = retryAfterS;
  }
}
export class Refused extends Error {
  constructor(problem, retryAfterS = 0) {
    super(problem.title);
    this.problem = problem;
    this.retryAfterS = retryAfterS;
  }
}

const SESSION = "session";
// What is refused for want of a session that holds; other 401s are about a code that was typed.
const NO_SESSION = new Set(["core.sign-in-required", "accounts.token-invalid", "accounts.token-expired", "accounts.session-ended"]);
const ENDED = new Set(["accounts.session-ended", "accounts.invalid-refresh-token", "accounts.refresh-token-replayed"]);
let renewing = null;
let restingUntil = 0;

export const session = () => JSON.parse(localStorage.getItem(SESSION) || "null");
export const keepSession = (grant) => (grant ? localStorage.setItem(SESSION, JSON.stringify(grant)) : localStorage.removeItem(SESSION));
export const personId = () => session()?.person.id ?? null;
export const lacksSession = (error) => error instanceof Refused && NO_SESSION.has(error.problem.code);

export function deviceId() {
  let id = localStorage.getItem("device");
  if (!id) {
    const letters = "0123456789abcdefghjkmnpqrstvwxyz";
    id = Array.from(crypto.getRandomValues(new Uint8Array(26)), (byte) => letters[byte & 31]).join("");
    localStorage.setItem("device", id);
  }
  return id;
}

// `body`: what becomes JSON, or a FormData with a file.
async function send(method, path, body, headers, token) {
  const isForm = body instanceof FormData;
  let response;
  try {
    response = await fetch(path, {
      method,
      headers: { "Accept-Language": currentLanguage(), ...(body === undefined || isForm ? {} : { "Content-Type": "application/json" }), ...(token ? { Authorization: `Bearer ${token}` } : {}), ...headers },
      body: body === undefined || isForm ? body : JSON.stringify(body),
      signal: AbortSignal.timeout(isForm ? 120000 : 20000),
    });
  } catch {
    throw new Offline();
  }
  const retryAfterS = Number(response.headers.get("Retry-After")) || 0;
  if ([502, 503, 504].includes(response.status)) throw new Offline(retryAfterS);
  if (response.status === 204) return null;
  const answer = await response.json().catch(() => null);
  if (answer === null) throw new Offline(retryAfterS); // a proxy's page, or an answer that broke off
  if (!response.ok) throw new Refused(answer, retryAfterS);
  return answer;
}

export async function call(method, path, body, headers = {}) {
  const asker = session();
  try {
    return await send(method, path, body, headers, asker?.access_token);
  } catch (error) {
    if (!asker || !lacksSession(error) || !(await renewSession())) throw error;
    if (personId() !== asker.person.id) throw error; // somebody else signed in meanwhile, in another tab: it is not theirs
    return send(method, path, body, headers, session().access_token);
  }
}

export function upload(path, file) {
  const body = new FormData();
  body.append("file", file);
  return call("POST", path, body);
}

// However many ask at once, the session is renewed once. Gives whether it goes on.
export function renewSession() {
  renewing ??= renew().finally(() => (renewing = null));
  return renewing;
}

// A refresh token is used once; a lost answer may be asked for again within a minute by the same device.
// Only the server's word that the session is over ends it: a server in trouble, or one that throttles, is asked again later.
async function renew() {
  const { refresh_token } = session();
  if (Date.now() < restingUntil) throw new Offline(Math.ceil((restingUntil - Date.now()) / 1000));
  const isStillMine = () => session()?.refresh_token === refresh_token; // not signed out or renewed in another tab meanwhile
  try {
    const grant = await send("POST", "/v1/sessions/refresh", { refresh_token, device_id: deviceId() });
    if (isStillMine()) keepSession(grant);
  } catch (error) {
    if (error instanceof Refused && ENDED.has(error.problem.code)) {
      if (isStillMine()) keepSession(null);
    } else if (error instanceof Refused || error instanceof Offline) {
      restingUntil = Date.now() + error.retryAfterS * 1000;
      throw new Offline(error.retryAfterS);
    } else throw error;
  }
  return session() !== null;
}
