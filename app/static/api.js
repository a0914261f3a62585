// Requests to the API: the language, the session and its renewal, and the two ways in which they fail.
import { currentLanguage } from "./words.js";

export class Offline extends Error {}
export class Refused extends Error {
  constructor(problem) {
    super(problem.title);
    this.problem = problem;
  }
}

const SESSION = "session";
let renewing = null;

export const session = () => JSON.parse(localStorage.getItem(SESSION) || "null");
export const keepSession = (grant) => (grant ? localStorage.setItem(SESSION, JSON.stringify(grant)) : localStorage.removeItem(SESSION));

export function deviceId() {
  let id = localStorage.getItem("device");
  if (!id) {
    const letters = "0123456789abcdefghjkmnpqrstvwxyz";
    id = Array.from(crypto.getRandomValues(new Uint8Array(26)), (byte) => letters[byte & 31]).join("");
    localStorage.setItem("device", id);
  }
  return id;
}

async function send(method, path, body, headers = {}) {
  const token = session()?.access_token;
  let response;
  try {
    response = await fetch(path, {
      method,
      headers: { "Accept-Language": currentLanguage(), ...(body === undefined ? {} : { "Content-Type": "application/json" }), ...(token ? { Authorization: `Bearer ${token}` } : {}), ...headers },
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: AbortSignal.timeout(20000),
    });
  } catch {
    throw new Offline();
  }
  if ([502, 503, 504].includes(response.status)) throw new Offline();
  return response;
}

// A wrong code, too, is refused with 401; that says nothing about the session.
export const isSignedOut = (problem) => problem.status === 401 && problem.code !== "accounts.invalid-code";

export async function call(method, path, body, headers) {
  const ask = async () => {
    const response = await send(method, path, body, headers);
    return { isGood: response.ok, answer: response.status === 204 ? null : await response.json() };
  };
  let { isGood, answer } = await ask();
  if (!isGood && isSignedOut(answer) && session() && (await renewSession())) ({ isGood, answer } = await ask());
  if (!isGood) throw new Refused(answer);
  return answer;
}

// However many ask at once, the session is renewed once. Gives whether it goes on.
export function renewSession() {
  renewing ??= renew().finally(() => (renewing = null));
  return renewing;
}

// A refresh token is used once; a lost answer may be asked for again within a minute by the same device.
async function renew() {
  const { refresh_token } = session();
  keepSession({ ...session(), access_token: undefined });
  const response = await send("POST", "/v1/sessions/refresh", { refresh_token, device_id: deviceId() });
  if (!response.ok) {
    keepSession(null);
    return false;
  }
  keepSession(await response.json());
  return true;
}
