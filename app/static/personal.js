// What this device keeps for one person: votes that wait, receipts, a draft. A library's computer has many persons in a day,
// so each thing lies under the person's id, is shown and sent in that person's session only, and is gone after signing out.
import { personId } from "./api.js";

const place = (owner, name) => `of:${owner}:${name}`;

export function read(name, owner = personId()) {
  return owner ? JSON.parse(localStorage.getItem(place(owner, name)) || "{}") : {};
}

export function write(name, value, owner) {
  if (Object.keys(value).length) localStorage.setItem(place(owner, name), JSON.stringify(value));
  else localStorage.removeItem(place(owner, name));
}

export function eraseAll(owner) {
  for (const key of Object.keys(localStorage)) if (key.startsWith(place(owner, ""))) localStorage.removeItem(key);
}
