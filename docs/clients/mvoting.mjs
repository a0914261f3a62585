// Reference client in plain JavaScript: runs in browsers and in Node 20 and newer, needs nothing but WebCrypto.
//
// Makes ballots (open and sealed), checks receipts and inclusion proofs. The Python twin is mvoting_client.py; both give the
// same bytes. Sources: RFC 9180 (HPKE: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-128-GCM), RFC 8785 (canonical JSON),
// RFC 6962 (Merkle trees), RFC 8032 (Ed25519).

const { subtle } = globalThis.crypto;
const utf8 = new TextEncoder();

export const fromHex = (hex) => Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
export const toHex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
export const toBase64Url = (bytes) =>
  btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
export const randomHex = (count) => toHex(crypto.getRandomValues(new Uint8Array(count)));

function joined(...parts) {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

const sha256 = async (...parts) => new Uint8Array(await subtle.digest("SHA-256", joined(...parts)));

// The one byte form of whatever is hashed or signed: sorted keys, no blanks, no fractions.
export function canonicalJson(value) {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (value !== null && typeof value === "object") {
    return `{${Object.keys(value).sort().map((key) => `${JSON.stringify(key)}:${canonicalJson(value[key])}`).join(",")}}`;
  }
  if (typeof value === "number" && !Number.isSafeInteger(value)) throw new TypeError("only whole numbers have a canonical form");
  return JSON.stringify(value);
}

// Ballots

export async function definitionHash(definition) {
  return toHex(await sha256(utf8.encode(canonicalJson(definition))));
}

// Make the body of a cast. Keep castId, nonce and choices on the phone; send the same body again until it is answered.
export async function openBallot({ definition, choices, revision = 0, castId = randomHex(16), nonce = randomHex(16) }) {
  const hash = await definitionHash(definition);
  const content = utf8.encode(canonicalJson(choices));
  const leaf = await sha256(utf8.encode("mvoting open ballot v1\0"), fromHex(hash), fromHex(nonce), content);
  return { body: { definition_hash: hash, revision, cast_id: castId, nonce, choices }, leaf: toHex(leaf) };
}

export async function sealedBallot({ definition, choices, revision = 0, castId = randomHex(16), ephemeral }) {
  const hash = await definitionHash(definition);
  const { public_key: publicKey, padded_bytes: paddedBytes } = definition.sealing;
  const content = utf8.encode(canonicalJson(choices));
  if (content.length + 2 > paddedBytes) throw new RangeError("the choices are longer than a sealed ballot of this poll");
  const padded = new Uint8Array(paddedBytes);
  padded.set([content.length >> 8, content.length & 255]);
  padded.set(content, 2);
  const info = joined(utf8.encode(`mvoting sealed ballot v1\0${definition.poll}\0`), fromHex(hash));
  const ciphertext = await hpkeSeal(fromHex(publicKey), info, new Uint8Array(), padded, ephemeral);
  const leaf = await sha256(utf8.encode("mvoting sealed ballot v1\0"), fromHex(hash), ciphertext);
  return { body: { definition_hash: hash, revision, cast_id: castId, sealed: toBase64Url(ciphertext) }, leaf: toHex(leaf) };
}

// HPKE, base mode, one message (RFC 9180, sections 4 to 6)

const KEM_SUITE = joined(utf8.encode("KEM"), Uint8Array.of(0, 0x20));
const HPKE_SUITE = joined(utf8.encode("HPKE"), Uint8Array.of(0, 0x20, 0, 1, 0, 1));
const EMPTY = new Uint8Array();

async function hmac(key, ...parts) {
  // WebCrypto refuses an empty key; HMAC pads with zero bytes anyway.
  const imported = await subtle.importKey("raw", key.length ? key : new Uint8Array(32), { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  return new Uint8Array(await subtle.sign("HMAC", imported, joined(...parts)));
}

const extract = (suite, salt, label, material) => hmac(salt, utf8.encode("HPKE-v1"), suite, utf8.encode(label), material);

async function expand(suite, key, label, info, length) {
  const labeled = joined(Uint8Array.of(length >> 8, length & 255), utf8.encode("HPKE-v1"), suite, utf8.encode(label), info);
  return (await hmac(key, labeled, Uint8Array.of(1))).slice(0, length); // never more than one block here
}

// ephemeral: {privateKey, publicKey (raw)}; only tests with published vectors give one.
export async function hpkeSeal(recipient, info, aad, plaintext, ephemeral) {
  const pair = ephemeral ?? (await freshPair());
  const peer = await subtle.importKey("raw", recipient, { name: "X25519" }, false, []);
  const shared = new Uint8Array(await subtle.deriveBits({ name: "X25519", public: peer }, pair.privateKey, 256));
  if (shared.every((byte) => byte === 0)) throw new RangeError("the public key is not a proper one");
  const kemKey = await extract(KEM_SUITE, EMPTY, "eae_prk", shared);
  const secret = await expand(KEM_SUITE, kemKey, "shared_secret", joined(pair.publicKey, recipient), 32);
  const context = joined(
    Uint8Array.of(0),
    await extract(HPKE_SUITE, EMPTY, "psk_id_hash", EMPTY),
    await extract(HPKE_SUITE, EMPTY, "info_hash", info),
  );
  const schedule = await extract(HPKE_SUITE, secret, "secret", EMPTY);
  const key = await subtle.importKey("raw", await expand(HPKE_SUITE, schedule, "key", context, 16), "AES-GCM", false, ["encrypt"]);
  const iv = await expand(HPKE_SUITE, schedule, "base_nonce", context, 12);
  return joined(pair.publicKey, new Uint8Array(await subtle.encrypt({ name: "AES-GCM", iv, additionalData: aad }, key, plaintext)));
}

async function freshPair() {
  const pair = await subtle.generateKey({ name: "X25519" }, false, ["deriveBits"]);
  return { privateKey: pair.privateKey, publicKey: new Uint8Array(await subtle.exportKey("raw", pair.publicKey)) };
}

export async function pairFromBytes(privateBytes, publicBytes) {
  const pkcs8 = joined(fromHex("302e020100300506032b656e04220420"), privateBytes);
  return { privateKey: await subtle.importKey("pkcs8", pkcs8, { name: "X25519" }, false, ["deriveBits"]), publicKey: publicBytes };
}

// Receipts, heads, proofs

const DOMAINS = { receipt: "mvoting receipt v1\n", head: "mvoting tree head v1\n" };

// kind: "receipt" or "head"; keys: {kid: hex} as the board names them.
export async function isSigned(kind, document, keys) {
  const { kid, signature, ...fields } = document;
  if (!(kid in keys)) return false;
  const key = await subtle.importKey("raw", fromHex(keys[kid]), { name: "Ed25519" }, false, ["verify"]);
  return subtle.verify({ name: "Ed25519" }, key, fromHex(signature), utf8.encode(DOMAINS[kind] + canonicalJson(fields)));
}

// inclusion: as GET …/board/leaves/{leaf} answers it.
export async function isIncluded({ entry, index, proof, head }) {
  let computed = await sha256(Uint8Array.of(0), utf8.encode(canonicalJson(entry)));
  let [position, last] = [index, head.size - 1];
  if (position > last || position < 0) return false;
  for (const sibling of proof.map(fromHex)) {
    if (last === 0 || sibling.length !== 32) return false;
    if (position % 2 === 1 || position === last) {
      computed = await sha256(Uint8Array.of(1), sibling, computed);
      while (position % 2 === 0 && position !== 0) [position, last] = [Math.floor(position / 2), Math.floor(last / 2)];
    } else {
      computed = await sha256(Uint8Array.of(1), computed, sibling);
    }
    [position, last] = [Math.floor(position / 2), Math.floor(last / 2)];
  }
  return last === 0 && toHex(computed) === head.root;
}

// Whether a kept head is an earlier state of the board under a later one; proof: as GET …/board/consistency answers it.
export async function isConsistent(earlier, later, proof) {
  const [size1, size2] = [earlier.size, later.size];
  if (size1 > size2 || size1 < 0) return false;
  if (size1 === size2) return proof.length === 0 && earlier.root === later.root;
  if (size1 === 0) return proof.length === 0;
  const hashes = proof.map(fromHex);
  let [position, last] = [size1 - 1, size2 - 1];
  const halve = () => ([position, last] = [Math.floor(position / 2), Math.floor(last / 2)]);
  while (position % 2 === 1) halve();
  if (position === 0) hashes.unshift(fromHex(earlier.root)); // the earlier tree is one whole subtree of the later one
  if (!hashes.length || hashes.some((hash) => hash.length !== 32)) return false;
  let [first, second] = [hashes[0], hashes[0]];
  for (const sibling of hashes.slice(1)) {
    if (last === 0) return false;
    if (position % 2 === 1 || position === last) {
      first = await sha256(Uint8Array.of(1), sibling, first);
      second = await sha256(Uint8Array.of(1), sibling, second);
      while (position % 2 === 0 && position !== 0) halve();
    } else {
      second = await sha256(Uint8Array.of(1), second, sibling);
    }
    halve();
  }
  return last === 0 && toHex(first) === earlier.root && toHex(second) === later.root;
}
