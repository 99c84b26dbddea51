// node --test crates/placet-log/js/verify.test.mjs
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { verifyAnswer, verifyInclusion } from "./verify.mjs";

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
  for (let i = 0; i < bytes.length; i += 5) {
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
