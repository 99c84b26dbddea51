// Deterministic CBOR (RFC 8949 section 4.2.1).

import { concat, encoder, fail } from "./bytes.mjs";

export function cbor(bytes) {
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
export const less = (a, b) => { const i = a.findIndex((x, i) => x !== b[i]); return i >= 0 && a[i] < b[i]; };

// The head of an item, as short as possible.
export function head(major, n) {
  n = BigInt(n);
  const bytes = (width) => Array.from({ length: width }, (_, i) => Number(n >> BigInt(8 * (width - 1 - i)) & 255n));
  if (n < 24n) return [major << 5 | Number(n)];
  if (n < 0x100n) return [major << 5 | 24, ...bytes(1)];
  if (n < 0x10000n) return [major << 5 | 25, ...bytes(2)];
  if (n < 0x100000000n) return [major << 5 | 26, ...bytes(4)];
  return [major << 5 | 27, ...bytes(8)];
}

export function encode(value) {
  if (value === null) return Uint8Array.of(0xf6);
  if (typeof value === "bigint") return Uint8Array.from(value < 0n ? head(1, -1n - value) : head(0, value));
  if (typeof value === "string") { const b = encoder.encode(value); return concat(head(3, b.length), b); }
  if (value instanceof Uint8Array) return concat(head(2, value.length), value);
  if (Array.isArray(value)) return concat(head(4, value.length), ...value.map(encode));
  const members = [...value].map(([k, v]) => [encode(k), encode(v)]);
  members.sort(([a], [b]) => a.length - b.length || (less(a, b) ? -1 : 1));
  return concat(head(5, members.length), ...members.flat());
}

export function members(map, names) {
  if (!(map instanceof Map) || map.size !== names.length || !names.every((n) => map.has(n))) fail(`expected ${names}`);
  return names.map((name) => map.get(name));
}
export const is32 = (bytes) => (bytes instanceof Uint8Array && bytes.length === 32 ? bytes : fail("not a hash"));
