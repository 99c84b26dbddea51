// Verifies what `placet verify` verifies of a log, without dependencies: answers to look-ups, disclosures and changes of
// key (.placet-proof), receipts and statements (COSE), timestamps (RFC 3161), dossiers. SHA-2, Ed25519, RSA and ECDSA are
// those of WebCrypto. Works in browsers and in Node from version 20 on.
//
//   const proven = await verifyAnswer(text, { log: "name+hash+base64", witnesses: [...], needed: 0 });
//
// It follows crates/placet-log step by step and throws an Error with the reason where that refuses. The policy here is
// one log and a number of witnesses; docs/log.md has the formats.

import { base64, decimal, equal, fail, hex, leafHash, sha256 } from "./bytes.mjs";
import { cbor, encode, is32, members } from "./cbor.mjs";
import { openCheckpoint, openNote, parseKey } from "./note.mjs";
import { verifyInclusion } from "./tree.mjs";
import { workKey } from "./voprf.mjs";

export { verifyReceipt, verifyStatement } from "./cose.mjs";
export { verifyTimestamp } from "./timestamp.mjs";
export { verifyInclusion, workKey };

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

// ---- proof files (C2SP tlog-proof) ----

// The outer part of a proof file: an entry's place under a trusted checkpoint. The entry itself is in the extra data.
async function openProof(file, policy) {
  const [head] = file.split("\n\n", 1);
  const lines = head.split("\n");
  if (lines[0] !== "c2sp.org/tlog-proof@v1" || !lines[1]?.startsWith("extra ") || !lines[2]?.startsWith("index ")) fail("not a proof file");
  const extra = cbor(base64(lines[1].slice(6))), index = decimal(lines[2].slice(6));
  const proof = lines.slice(3).map((line) => base64(line, 32));
  if (proof.length > 64) fail("more than 64 hashes");
  const { checkpoint, text, verified } = await openCheckpoint(file.slice(head.length + 2), policy);
  if (!(extra instanceof Map) || extra.get("v") !== 1n || !(extra.get("leaf") instanceof Uint8Array)) fail("extra data of another version");
  const leaf = extra.get("leaf");
  await verifyInclusion(index, checkpoint.size, await leafHash(leaf), proof, checkpoint.root);
  const about = {
    log: checkpoint.origin, size: checkpoint.size, index, checkpoint: text,
    signed: verified.map(({ name, time }) => ({ name, time })),
  };
  return { extra, leaf: cbor(leaf), about, verified };
}

const LEAVES = {
  shard: ["run", "shard", "uses", "rows", "row-root", "packs", "profile", "period", "private"],
  register: ["period", "root", "key", "from", "until", "private"],
  authorization: ["period", "document", "private"],
  value: ["period", "document", "private"],
  correction: ["period", "document", "private", "of"],
  key: ["what", "old", "new"],
};

// A private field against its commitment; gives its name and value.
async function openField(field, commitment) {
  if (!Array.isArray(field) || field.length !== 6) fail("a field of another shape");
  const [name, value, salt, at, count, siblings] = field;
  const committed = await sha256([2], is32(salt), encode([name, value]));
  await verifyInclusion(Number(at), Number(count), await leafHash(committed), siblings.map(is32), is32(commitment));
  return [name, value];
}

export async function verifyAnswer(file, policy) {
  const { extra, leaf, about } = await openProof(file, policy);
  const [, work, , key, path, end, uses, fields] =
    members(extra, ["v", "work", "leaf", "key", "path", "end", "uses", "fields"]);
  const [version, type, period, root, publicKey, from, until, commitment] =
    members(leaf, ["v", "type", ...LEAVES.register]);
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
  const shown = Object.fromEntries(await Promise.all(fields.map((field) => openField(field, commitment))));
  return {
    work, present: found !== null, uses: found === null ? null : uses[1].map((row) => Object.fromEntries(row)),
    period, from, until, fields: shown, ...about,
  };
}

// One private field, one row of a shard, or a change of key.
export async function verifyDisclosure(file, policy) {
  const { extra, leaf, about } = await openProof(file, policy);
  const shown = extra.get("shown");
  const type = leaf instanceof Map ? leaf.get("type") : null;
  if (!Object.hasOwn(LEAVES, type)) fail("an entry of another kind");
  const values = members(leaf, ["v", "type", ...LEAVES[type]]);
  if (values[0] !== 1n) fail("an entry of another version");
  const member = (name) => leaf.get(name);
  const said = { kind: type, period: member("period") ?? null, shown, ...about };
  if (shown === "field") {
    const [, , , field] = members(extra, ["v", "shown", "leaf", "field"]);
    const [name, value] = await openField(field, member("private"));
    return { ...said, fields: { [name]: value } };
  }
  if (shown === "row") {
    const [, , , row] = members(extra, ["v", "shown", "leaf", "row"]);
    if (type !== "shard" || !Array.isArray(row) || row.length !== 4) fail("no row of a shard");
    const [value, salt, index, siblings] = row;
    const committed = await sha256([3], is32(salt), encode(value));
    await verifyInclusion(Number(index), Number(member("rows")), await leafHash(committed), siblings.map(is32), is32(member("row-root")));
    return { ...said, row: index, values: Object.fromEntries(value) };
  }
  if (shown === "key" && type === "key") {
    members(extra, ["v", "shown", "leaf"]);
    return { ...said, what: member("what"), old: member("old"), new: member("new") };
  }
  return fail("extra data of another kind");
}

// The policy after the log's change of key: the file proves, under the key so far, an entry that names the new one.
export async function follow(file, policy) {
  const { verified } = await openProof(file, policy);
  const change = await verifyDisclosure(file, policy);
  if (change.shown !== "key" || change.what !== "log") fail("the proof is of no change of the log's key");
  const next = await parseKey(change.new);
  const one = change.old === policy.log && next.type === 1 && next.name === change.log;
  if (!one || !verified.some((v) => v.key === change.old)) fail("the new key is not named by the key that is trusted");
  const retired = (policy.retired ?? []).filter((former) => former.log !== change.new);
  return { ...policy, log: change.new, retired: [...retired, { log: change.old, until: change.index + 1 }] };
}

// A dossier's JSON and the note that signs it. Whose key it is, is for the reader to know.
export async function verifyDossier(json, signature, keys = []) {
  const dossier = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(json));
  if (keys.length > 0 && !keys.includes(dossier.key)) fail("it is signed with a key that was not named");
  const { text } = await openNote(signature, [await parseKey(dossier.key)]);
  if (text !== `placet.dossier/1\n${hex(await sha256(json))}\n`) fail("the dossier was changed: its signature is for another content");
  return { by: dossier.by, key: dossier.key };
}
