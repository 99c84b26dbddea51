// node --test crates/placet-log/js/verify.test.mjs
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import {
  follow, verifyAnswer, verifyDisclosure, verifyDossier, verifyInclusion, verifyReceipt, verifyStatement, verifyTimestamp,
} from "./verify.mjs";

const at = (path) => new URL(`../../../conformance/${path}`, import.meta.url);
const read = (path) => readFileSync(at(path), "utf8");

const lines = read("answers/trust.policy").split("\n").map((line) => line.split(" "));
const policy = {
  log: lines.find(([word]) => word === "log")[1],
  witnesses: lines.filter(([word]) => word === "witness").map(([, , key]) => key),
  needed: 1,
};
const present = read("answers/present.placet-proof");

test("presence and absence are proven", async () => {
  const proven = await verifyAnswer(present, policy);
  assert.equal(proven.work, "isbn:9780306406157");
  assert.equal(proven.present, true);
  assert.deepEqual(proven.uses, [
    { use: "train-gen", verdict: "allowed", amount: 1200n, unit: "letters", repetitions: 3n, ground: "grant:42", shard: 0n },
  ].map((row) => Object.fromEntries(Object.entries(row).sort(([a], [b]) => a.length - b.length || (a < b ? -1 : 1)))));
  assert.deepEqual(proven.fields, { model: "Model X 2.1" });
  assert.equal(proven.period, "2026-Q3");
  assert.deepEqual(proven.signed.map(({ time }) => time), [null, 1790000000n]);
  const absent = await verifyAnswer(read("answers/absent.placet-proof"), policy);
  assert.deepEqual([absent.present, absent.uses], [false, null]);
});

test("one byte changed anywhere is refused", async () => {
  const bytes = Buffer.from(present, "utf8");
  for (let i = 0; i < bytes.length; i += 11) {
    const changed = Buffer.from(bytes);
    changed[i] ^= 1;
    await assert.rejects(verifyAnswer(changed.toString("utf8"), policy), undefined, `byte ${i}`);
  }
});

test("no witness, another log, a cut file", async () => {
  await assert.rejects(verifyAnswer(present, { ...policy, needed: 2 }), /too few witnesses/);
  const other = "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx";
  await assert.rejects(verifyAnswer(present, { log: other }), /signed by none/);
  await assert.rejects(verifyAnswer(present.slice(0, 400), policy));
});

test("the inclusion proofs of transparency-dev", async () => {
  const hash = (text) => {
    const bytes = new Uint8Array(Buffer.from(text, "base64"));
    if (bytes.length !== 32) throw new Error("not a hash");
    return bytes;
  };
  for (const line of read("tlog/inclusion.jsonl").trim().split("\n")) {
    // Indices beyond 2^53 are read as they stand; none of them lies inside its tree.
    const c = JSON.parse(line);
    const verdict = Promise.resolve().then(() =>
      verifyInclusion(c.leafIdx, c.treeSize, hash(c.leafHash), (c.proof ?? []).map(hash), hash(c.root)));
    await (c.wantErr ? assert.rejects(verdict, undefined, c.name) : verdict);
  }
});

const raw = (path) => new Uint8Array(readFileSync(at(path)));
const proofs = { log: read("proofs/trust.policy").split("\n")[0].split(" ")[1] };

// Every place where the seventh bit may be flipped, some of them.
async function changedIsRefused(bytes, step, verdict, unsigned = () => false) {
  for (let i = 0; i < bytes.length; i += step) {
    const changed = bytes.slice();
    changed[i] ^= 1;
    if (!unsigned(i)) await assert.rejects(async () => verdict(changed), undefined, `byte ${i}`);
  }
}
const utf8 = (bytes) => new TextDecoder("utf-8", { fatal: true }).decode(bytes);

test("fields and rows are shown singly", async () => {
  const field = await verifyDisclosure(read("proofs/field.placet-proof"), proofs);
  assert.deepEqual([field.kind, field.period, field.fields, field.index], ["shard", "2026-Q4", { stage: "pre-training" }, 0]);
  const row = await verifyDisclosure(read("proofs/row.placet-proof"), proofs);
  assert.deepEqual([row.row, row.values.work, row.values.words], [3n, "press/b3", 300n]);
  await assert.rejects(verifyAnswer(read("proofs/field.placet-proof"), proofs));
  await assert.rejects(verifyDisclosure(present, policy), /another kind/);
  for (const name of ["field", "row"]) {
    await changedIsRefused(raw(`proofs/${name}.placet-proof`), 3, (bytes) => verifyDisclosure(utf8(bytes), proofs));
  }
});

test("a log is followed to its new key", async () => {
  const after = read("proofs/after.placet-proof"), before = read("proofs/field.placet-proof");
  await assert.rejects(verifyDisclosure(after, proofs), /trusted/);
  const followed = await follow(read("proofs/key-change.placet-proof"), proofs);
  await verifyDisclosure(after, followed);
  await verifyDisclosure(before, followed);
  await assert.rejects(follow(before, proofs), /no change/);
  await assert.rejects(follow(read("proofs/key-change.placet-proof"), followed));
  const stricter = { ...followed, retired: [{ ...followed.retired[0], until: 2 }] };
  await assert.rejects(verifyDisclosure(before, stricter), /gave up/);
  await changedIsRefused(raw("proofs/key-change.placet-proof"), 5, (bytes) => follow(utf8(bytes), proofs));
});

test("receipts and statements", async () => {
  const entry = raw("proofs/receipt.cbor.entry"), receipt = raw("proofs/receipt.cbor");
  assert.deepEqual(await verifyReceipt(receipt, entry, proofs), { log: "log.example.org/proofs", size: 3, index: 0, claims: null });
  await assert.rejects(verifyReceipt(receipt, entry.slice(1), proofs));
  const statement = raw("proofs/statement.scitt"), document = raw("proofs/document.json");
  const said = await verifyStatement(statement, proofs, undefined, document);
  assert.deepEqual([said.issuer, said.subject, said.index], ["https://provider.example", "Model X 2.1", 1]);
  await assert.rejects(verifyStatement(statement, proofs, undefined, entry), /another document/);
  await assert.rejects(verifyStatement(statement, proofs, [policy.log]), /none of the given keys/);
  // The tree's size stands beside the signature: another one can have the same way to the same root.
  const size = (bytes, index) => bytes.findIndex((b, i) => b === 0x83 && bytes[i + 1] === 3 && bytes[i + 2] === index) + 1;
  await changedIsRefused(receipt, 1, (bytes) => verifyReceipt(bytes, entry, proofs), (i) => i === size(receipt, 0));
  await changedIsRefused(statement, 1, (bytes) => verifyStatement(bytes, proofs), (i) => i === size(statement, 1));
});

test("timestamps of OpenSSL", async () => {
  const { checkpoint } = await verifyAnswer(present, policy);
  const authorities = Object.fromEntries(read("timestamps/trust.policy").split("\n")
    .filter((line) => line.startsWith("#timestamp-authority ")).map((line) => line.split(" ").slice(1)));
  for (const kind of ["rsa", "ec"]) {
    const token = raw(`timestamps/${kind}.tsr`);
    const said = await verifyTimestamp(token, checkpoint, authorities);
    assert.deepEqual(said, { time: 1795312681, authority: kind, serial: "1001" });
    await assert.rejects(verifyTimestamp(token, `${checkpoint}x`, authorities), /something else/);
    await assert.rejects(verifyTimestamp(token, checkpoint, {}), /not trusted/);
    for (let i = 0; i < token.length; i += 3) {
      const changed = token.slice();
      changed[i] ^= 1;
      // What is not signed may change, and then nothing else is said.
      const verdict = await verifyTimestamp(changed, checkpoint, authorities).catch(() => said);
      assert.deepEqual(verdict, said, `byte ${i}`);
    }
  }
});

test("a dossier and its signature", async () => {
  const json = raw("proofs/dossier.json"), note = read("proofs/dossier.json.sig");
  const { key } = await verifyDossier(json, note);
  await verifyDossier(json, note, [key]);
  await assert.rejects(verifyDossier(json, note, [policy.log]), /not named/);
  await assert.rejects(verifyDossier(concatBytes(json, 10), note), /another content/);
});
const concatBytes = (bytes, more) => Uint8Array.from([...bytes, more]);
