// Verifies a Placet answer (.placet-proof) without dependencies: SHA-256, SHA-512 and Ed25519 from WebCrypto,
// ristretto255 in plain integers. Works in browsers and in Node from version 20 on.
//
//   const proven = await verifyAnswer(text, { log: "name+hash+base64", witnesses: [...], needed: 0 });
//
// It follows crates/placet-log step by step and throws an Error with the reason where that refuses. The policy here is
// one log and a number of witnesses; docs/log.md has the formats.

const encoder = new TextEncoder();
const fail = (reason) => { throw new Error(reason); };
const concat = (...parts) => {
  const out = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
  let at = 0;
  for (const p of parts) { out.set(p, at); at += p.length; }
  return out;
};
const equal = (a, b) => a.length === b.length && a.every((byte, i) => byte === b[i]);
const hash = async (name, ...parts) => new Uint8Array(await crypto.subtle.digest(name, concat(...parts)));
const sha256 = (...parts) => hash("SHA-256", ...parts);
const sha512 = (...parts) => hash("SHA-512", ...parts);
const leafHash = (entry) => sha256([0], entry);
const nodeHash = (left, right) => sha256([1], left, right);

// Strict: what is decoded encodes to the same text.
function base64(text, length) {
  let bytes;
  try { bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0)); } catch { fail("not base64"); }
  if (btoa(String.fromCharCode(...bytes)) !== text) fail("not base64");
  if (length !== undefined && bytes.length !== length) fail(`not ${length} bytes`);
  return bytes;
}
function decimal(text) {
  if (!/^(0|[1-9][0-9]{0,15})$/.test(text) || !Number.isSafeInteger(Number(text))) fail("not a number");
  return Number(text);
}

// ---- signed notes (C2SP signed-note, tlog-cosignature) ----

async function parseKey(vkey) {
  const [, name, id, key] = /^([^+\s]+)\+([0-9a-f]{8})\+(.+)$/u.exec(vkey) ?? fail("not a key");
  const bytes = base64(key, 33);
  const sum = await sha256(encoder.encode(`${name}\n`), bytes);
  const own = [...sum.slice(0, 4)].map((b) => b.toString(16).padStart(2, "0")).join("");
  if (own !== id) fail("name, hash and key do not belong together");
  if (bytes[0] !== 1 && bytes[0] !== 4) fail("unknown type of signature");
  const imported = await crypto.subtle.importKey("raw", bytes.slice(1), { name: "Ed25519" }, false, ["verify"]);
  return { name, id: sum.slice(0, 4), type: bytes[0], key: imported };
}

async function openNote(note, keys) {
  if (/[\u0000-\u0009\u000b-\u001f]/.test(note)) fail("control characters in the note");
  const split = note.lastIndexOf("\n\n");
  if (split < 0 || !note.endsWith("\n") || split + 2 >= note.length) fail("not a signed note");
  const text = note.slice(0, split + 1);
  const lines = note.slice(split + 2, -1).split("\n");
  if (lines.length > 100) fail("more than 100 signatures");
  const verified = [];
  for (const line of lines) {
    const [, name, blob] = /^— ([^\s+]+) (\S+)$/u.exec(line) ?? fail("not a signature line");
    const bytes = base64(blob);
    if (bytes.length < 5) fail("not a signature line");
    const key = keys.find((k) => k.name === name && equal(k.id, bytes.slice(0, 4)));
    if (!key) continue;
    let time = null, message = text, signature = bytes.slice(4);
    if (key.type === 4) {
      if (signature.length !== 72) fail(`the signature of ${name} does not hold`);
      time = new DataView(signature.buffer, signature.byteOffset, 8).getBigUint64(0);
      message = `cosignature/v1\ntime ${time}\n${text}`;
      signature = signature.slice(8);
    }
    const good = await crypto.subtle.verify({ name: "Ed25519" }, key.key, signature, encoder.encode(message));
    if (!good) fail(`the signature of ${name} does not hold: the note was changed or forged`);
    if (!verified.some((v) => v.name === name && v.type === key.type)) verified.push({ name, time, type: key.type });
  }
  return { text, verified };
}

function parseCheckpoint(text) {
  const lines = text.slice(0, -1).split("\n");
  if (lines.length < 3 || lines[0] === "" || lines.slice(3).includes("")) fail("not a checkpoint");
  return { origin: lines[0], size: decimal(lines[1]), root: base64(lines[2], 32) };
}

// ---- Merkle inclusion (RFC 9162 section 2.1.3.2) ----

export async function verifyInclusion(index, size, leaf, proof, root) {
  if (index >= size) fail("the entry lies outside the tree");
  let at = BigInt(index), last = BigInt(size) - 1n, sum = leaf;
  for (const sibling of proof) {
    if (last === 0n) fail("the proof is too long");
    if ((at & 1n) === 1n || at === last) {
      sum = await nodeHash(sibling, sum);
      while ((at & 1n) === 0n && at !== 0n) { at >>= 1n; last >>= 1n; }
    } else {
      sum = await nodeHash(sum, sibling);
    }
    at >>= 1n; last >>= 1n;
  }
  if (last !== 0n) fail("the proof is too short");
  if (!equal(sum, root)) fail("the proof leads to another root");
}

// ---- deterministic CBOR (RFC 8949 section 4.2.1) ----

function cbor(bytes) {
  let at = 0;
  const take = (n) => { if (at + n > bytes.length) fail("CBOR: cut off"); return bytes.subarray(at, at += n); };
  const head = () => {
    const first = take(1)[0], major = first >> 5, short = first & 31;
    if (short < 24) return [major, BigInt(short)];
    if (short > 27) fail("CBOR: an unknown length");
    const n = take(1 << (short - 24)).reduce((sum, b) => sum << 8n | BigInt(b), 0n);
    if (n < [24n, 0x100n, 0x10000n, 0x100000000n][short - 24]) fail("CBOR: not as short as possible");
    return [major, n];
  };
  const text = (n) => new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(take(Number(n)));
  const value = (depth) => {
    if (depth === 0) fail("CBOR: nested too deep");
    if (bytes[at] === 0xf6) { at += 1; return null; }
    const [major, n] = head();
    if (major === 0) return n;
    if (major === 1) return -1n - n;
    if (major === 2) return take(Number(n)).slice();
    if (major === 3) return text(n);
    if (major === 4) { const list = []; for (let i = 0n; i < n; i++) list.push(value(depth - 1)); return list; }
    if (major !== 5) fail("CBOR: a type that is not used here");
    const map = new Map();
    let before = null;
    for (let i = 0n; i < n; i++) {
      const start = at, [kind, length] = head();
      if (kind !== 3) fail("CBOR: a key that is no text");
      const name = text(length), key = bytes.slice(start, at);
      if (before !== null && !(before.length < key.length || (before.length === key.length && less(before, key)))) fail("CBOR: keys out of order");
      before = key;
      map.set(name, value(depth - 1));
    }
    return map;
  };
  const out = value(8);
  if (at !== bytes.length) fail("CBOR: more after the end");
  return out;
}
const less = (a, b) => { const i = a.findIndex((x, i) => x !== b[i]); return i >= 0 && a[i] < b[i]; };

function encode(value) {
  const head = (major, n) => {
    n = BigInt(n);
    const bytes = (width) => Array.from({ length: width }, (_, i) => Number(n >> BigInt(8 * (width - 1 - i)) & 255n));
    if (n < 24n) return [major << 5 | Number(n)];
    if (n < 0x100n) return [major << 5 | 24, ...bytes(1)];
    if (n < 0x10000n) return [major << 5 | 25, ...bytes(2)];
    if (n < 0x100000000n) return [major << 5 | 26, ...bytes(4)];
    return [major << 5 | 27, ...bytes(8)];
  };
  if (value === null) return Uint8Array.of(0xf6);
  if (typeof value === "bigint") return Uint8Array.from(value < 0n ? head(1, -1n - value) : head(0, value));
  if (typeof value === "string") { const b = encoder.encode(value); return concat(head(3, b.length), b); }
  if (value instanceof Uint8Array) return concat(head(2, value.length), value);
  if (Array.isArray(value)) return concat(head(4, value.length), ...value.map(encode));
  const members = [...value].map(([k, v]) => [encode(k), encode(v)]);
  members.sort(([a], [b]) => a.length - b.length || (less(a, b) ? -1 : 1));
  return concat(head(5, members.length), ...members.flat());
}

function members(map, names) {
  if (!(map instanceof Map) || map.size !== names.length || !names.every((n) => map.has(n))) fail(`expected ${names}`);
  return names.map((name) => map.get(name));
}
const is32 = (bytes) => (bytes instanceof Uint8Array && bytes.length === 32 ? bytes : fail("not a hash"));

// ---- ristretto255 (RFC 9496) ----

const P = 2n ** 255n - 19n;
const L = 2n ** 252n + 27742317777372353535851937790883648493n;
const mod = (a, m = P) => ((a % m) + m) % m;
const pow = (a, e) => { let r = 1n; for (a = mod(a); e > 0n; e >>= 1n, a = a * a % P) if (e & 1n) r = r * a % P; return r; };
const D = mod(-121665n * pow(121666n, P - 2n));
const SQRT_M1 = pow(2n, (P - 1n) / 4n);
const negative = (a) => (mod(a) & 1n) === 1n;
const abs = (a) => (negative(a) ? mod(-a) : mod(a));
function sqrtRatio(u, v) {
  const v3 = v * v % P * v % P, v7 = v3 * v3 % P * v % P;
  let r = u * v3 % P * pow(u * v7, (P - 5n) / 8n) % P;
  const check = mod(v * r % P * r);
  const correct = check === mod(u), flipped = check === mod(-u), flippedI = check === mod(-u * SQRT_M1);
  if (flipped || flippedI) r = r * SQRT_M1 % P;
  return [correct || flipped, abs(r)];
}
const INVSQRT_A_MINUS_D = sqrtRatio(1n, mod(-1n - D))[1];
// As RFC 9496 section 4.1 gives it.
const SQRT_AD_MINUS_ONE = 25063068953384623474111414158702152701244531502492656460079210482610430750235n;
const int = (bytes) => bytes.reduceRight((n, b) => n << 8n | BigInt(b), 0n);
const bytes32 = (n) => Uint8Array.from({ length: 32 }, (_, i) => Number(n >> BigInt(8 * i) & 255n));
const ZERO = [0n, 1n, 1n, 0n];
const BASE_Y = mod(4n * pow(5n, P - 2n));
const BASE_X = abs(sqrtRatio(mod(BASE_Y * BASE_Y - 1n), mod(D * BASE_Y % P * BASE_Y + 1n))[1]);
const BASE = [BASE_X, BASE_Y, 1n, BASE_X * BASE_Y % P];
function add([x1, y1, z1, t1], [x2, y2, z2, t2]) {
  const a = mod((y1 - x1) * (y2 - x2)), b = mod((y1 + x1) * (y2 + x2)), c = mod(2n * t1 * t2 % P * D), d = mod(2n * z1 * z2);
  const e = b - a, f = d - c, g = d + c, h = b + a;
  return [mod(e * f), mod(g * h), mod(f * g), mod(e * h)];
}
function mul(n, point) {
  let out = ZERO;
  for (; n > 0n; n >>= 1n, point = add(point, point)) if (n & 1n) out = add(out, point);
  return out;
}
function decode(bytes) {
  const s = int(is32(bytes));
  if (s >= P || negative(s)) fail("not an element of ristretto255");
  const ss = s * s % P, u1 = mod(1n - ss), u2 = 1n + ss, u22 = u2 * u2 % P;
  const v = mod(-(D * u1 % P * u1) - u22);
  const [square, root] = sqrtRatio(1n, v * u22 % P);
  const dx = root * u2 % P, dy = root * dx % P * v % P;
  const x = abs(2n * s * dx), y = u1 * dy % P, t = x * y % P;
  if (!square || negative(t) || y === 0n) fail("not an element of ristretto255");
  if (s === 0n) fail("not an element of ristretto255");
  return [x, y, 1n, t];
}
function encodePoint([x0, y0, z0, t0]) {
  const u1 = mod((z0 + y0) * (z0 - y0)), u2 = x0 * y0 % P;
  const root = sqrtRatio(1n, u1 * u2 % P * u2 % P)[1];
  const d1 = root * u1 % P, d2 = root * u2 % P, zinv = d1 * d2 % P * t0 % P;
  let x = x0, y = y0, den = d2;
  if (negative(t0 * zinv)) { x = mod(y0 * SQRT_M1); y = mod(x0 * SQRT_M1); den = d1 * INVSQRT_A_MINUS_D % P; }
  if (negative(x * zinv)) y = mod(-y);
  return bytes32(abs(den * mod(z0 - y)));
}
function map(bytes) {
  const t = int(bytes) & ((1n << 255n) - 1n);
  const r = SQRT_M1 * (t * t % P) % P, u = mod((r + 1n) * mod(1n - D * D)), v = mod((-1n - r * D) * (r + D));
  let [square, s] = sqrtRatio(u, v);
  let c = mod(-1n);
  if (!square) { s = mod(-abs(s * t)); c = r; }
  const n = mod(c * (r - 1n) % P * mod((D - 1n) ** 2n) - v);
  const w0 = mod(2n * s * v), w1 = mod(n * SQRT_AD_MINUS_ONE), w2 = mod(1n - s * s), w3 = mod(1n + s * s);
  return [mod(w0 * w3), mod(w2 * w1), mod(w1 * w3), mod(w0 * w2)];
}

// ---- VOPRF (RFC 9497, ristretto255-SHA512) ----

const CONTEXT = concat(encoder.encode("OPRFV1-"), [1], encoder.encode("-ristretto255-SHA512"));
async function expand(tag, ...message) {
  const dst = concat(encoder.encode(tag), CONTEXT), suffix = concat(dst, [dst.length]);
  const first = await sha512(new Uint8Array(128), ...message, [0, 64, 0], suffix);
  return sha512(first, [1], suffix);
}
const toScalar = async (...message) => mod(int(await expand("HashToScalar-", ...message)), L);

export async function workKey(publicKey, work, [element, cBytes, sBytes]) {
  const input = encoder.encode(work);
  if (input.length === 0 || input.length > 4096) fail("an identifier of 1 to 4,096 bytes is expected");
  const wide = await expand("HashToGroup-", input);
  const point = add(map(wide.slice(0, 32)), map(wide.slice(32)));
  const key = decode(publicKey), output = decode(element), c = int(is32(cBytes)), s = int(is32(sBytes));
  if (c >= L || s >= L) fail("the key's proof does not hold");
  const length = [0, 32], inputBytes = encodePoint(point);
  const tag = concat(encoder.encode("Seed-"), CONTEXT);
  const seed = await sha512(length, publicKey, [0, tag.length], tag);
  const weight = await toScalar([0, 64], seed, [0, 0], length, inputBytes, length, element, encoder.encode("Composite"));
  const m = mul(weight, point), z = mul(weight, output);
  const t2 = add(mul(s, BASE), mul(c, key)), t3 = add(mul(s, m), mul(c, z));
  const parts = [m, z, t2, t3].flatMap((p) => [length, encodePoint(p)]);
  if (await toScalar(length, publicKey, ...parts, encoder.encode("Challenge")) !== c) {
    fail("the key was not computed with the secret whose public half is in the log");
  }
  const size = [input.length >> 8, input.length & 255];
  return (await sha512(size, input, length, element, encoder.encode("Finalize"))).slice(0, 32);
}

// ---- the register ----

const bit = (key, at) => (key[at >> 3] >> (7 - (at & 7))) & 1;
async function lookUp(key, path, end, root) {
  let sum = end ? await sha256([0], end[0], end[1]) : await sha256();
  if (!end && path.length > 0) fail("no way through a prefix tree");
  path.forEach(([at], i) => { if (at > 255 || (i > 0 && path[i - 1][0] >= at)) fail("no way through a prefix tree"); });
  for (const [at, other] of [...path].reverse()) {
    const place = [at >> 8, at & 255];
    sum = bit(key, at) ? await sha256([1], place, other, sum) : await sha256([1], place, sum, other);
  }
  if (!equal(sum, root)) fail("the register's proof leads to another root");
  return end && equal(end[0], key) ? end[1] : null;
}

// ---- the whole answer ----

export async function verifyAnswer(file, policy) {
  const [head] = file.split("\n\n", 1);
  const checkpointNote = file.slice(head.length + 2);
  const lines = head.split("\n");
  if (lines[0] !== "c2sp.org/tlog-proof@v1" || !lines[1]?.startsWith("extra ") || !lines[2]?.startsWith("index ")) fail("not an answer");
  const extra = base64(lines[1].slice(6)), index = decimal(lines[2].slice(6));
  const proof = lines.slice(3).map((line) => base64(line, 32));
  if (proof.length > 64) fail("more than 64 hashes");

  const log = await parseKey(policy.log);
  const witnesses = await Promise.all((policy.witnesses ?? []).map(parseKey));
  if (log.type !== 1 || witnesses.some((w) => w.type !== 4)) fail("a log's key or a witness's key is of the wrong type");
  const { text, verified } = await openNote(checkpointNote, [log, ...witnesses]);
  const checkpoint = parseCheckpoint(text);
  if (!verified.some((v) => v.type === 1 && v.name === checkpoint.origin)) fail("signed by none of the trusted keys");
  if (verified.filter((v) => v.type === 4).length < (policy.needed ?? 0)) fail("too few witnesses");

  const [v, work, leaf, key, path, end, uses, fields] =
    members(cbor(extra), ["v", "work", "leaf", "key", "path", "end", "uses", "fields"]);
  if (v !== 1n) fail("an answer of another version");
  await verifyInclusion(index, checkpoint.size, await leafHash(leaf), proof, checkpoint.root);
  const [version, type, period, root, publicKey, from, until, commitment] =
    members(cbor(leaf), ["v", "type", "period", "root", "key", "from", "until", "private"]);
  if (version !== 1n || type !== "register") fail("the proven entry is not a register");

  if (!Array.isArray(key) || key.length !== 3 || typeof work !== "string") fail("no key");
  const blinded = await workKey(is32(publicKey), work, key);
  const way = path.map(([at, other]) => [Number(at), is32(other)]);
  const found = await lookUp(blinded, way, end && end.map(is32), is32(root));
  if ((found === null) !== (uses === null)) fail("the uses in the answer are not the ones in the register");
  if (found !== null) {
    const [salt, rows] = uses;
    if (!equal(await sha256([4], is32(salt), encode(rows)), found)) fail("the uses in the answer are not the ones in the register");
  }
  const shown = {};
  for (const [name, value, salt, at, count, siblings] of fields) {
    const committed = await sha256([2], is32(salt), encode([name, value]));
    await verifyInclusion(Number(at), Number(count), await leafHash(committed), siblings.map(is32), is32(commitment));
    shown[name] = value;
  }
  return {
    work, present: found !== null, uses: found === null ? null : uses[1].map((row) => Object.fromEntries(row)),
    period, from, until, fields: shown, log: checkpoint.origin, size: checkpoint.size, index,
    signed: verified.map(({ name, time }) => ({ name, time })),
  };
}
