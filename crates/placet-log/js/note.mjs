// Signed notes, their keys (C2SP signed-note, tlog-cosignature), and checkpoints under a policy.

import { base64, decimal, encoder, equal, fail, hex, sha256 } from "./bytes.mjs";

export async function parseKey(vkey) {
  const [, name, id, key] = /^([^+\s]+)\+([0-9a-f]{8})\+(.+)$/u.exec(vkey) ?? fail("not a key");
  const bytes = base64(key, 33);
  const sum = await sha256(encoder.encode(`${name}\n`), bytes);
  if (hex(sum.slice(0, 4)) !== id) fail("name, hash and key do not belong together");
  if (bytes[0] !== 1 && bytes[0] !== 4) fail("unknown type of signature");
  const imported = await crypto.subtle.importKey("raw", bytes.slice(1), { name: "Ed25519" }, false, ["verify"]);
  return { name, id: sum.slice(0, 4), type: bytes[0], key: imported, text: vkey };
}

export async function openNote(note, keys) {
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
    if (!verified.some((v) => v.name === name && v.type === key.type)) verified.push({ name, time, type: key.type, key: key.text });
  }
  return { text, verified };
}

function parseCheckpoint(text) {
  const lines = text.slice(0, -1).split("\n");
  if (lines.length < 3 || lines[0] === "" || lines.slice(3).includes("")) fail("not a checkpoint");
  return { origin: lines[0], size: decimal(lines[1]), root: base64(lines[2], 32) };
}

// A policy is { log, witnesses: [key, …], needed, retired: [{ log, until }, …] }; `follow` in verify.mjs fills `retired`.
export async function openCheckpoint(note, policy) {
  const log = await parseKey(policy.log);
  const retired = policy.retired ?? [];
  const former = await Promise.all(retired.map((one) => parseKey(one.log)));
  const witnesses = await Promise.all((policy.witnesses ?? []).map(parseKey));
  if ([log, ...former].some((k) => k.type !== 1) || witnesses.some((w) => w.type !== 4)) {
    fail("a log's key or a witness's key is of the wrong type");
  }
  const { text, verified } = await openNote(note, [log, ...former, ...witnesses]);
  const checkpoint = parseCheckpoint(text);
  const own = verified.filter((v) => v.type === 1 && v.name === checkpoint.origin);
  if (own.length === 0) fail("signed by none of the trusted keys");
  const until = (v) => retired.find((one) => one.log === v.key)?.until ?? Infinity;
  if (!own.some((v) => checkpoint.size <= until(v))) fail("signed with a key that the log gave up");
  if (verified.filter((v) => v.type === 4).length < (policy.needed ?? 0)) fail("too few witnesses");
  return { checkpoint, text, verified };
}
