// COSE (RFC 9052): receipts that an entry is in the log (RFC 9942), and transparent statements of SCITT (RFC 9943).

import { concat, encoder, equal, fail, hex, leafHash } from "./bytes.mjs";
import { head } from "./cbor.mjs";
import { parseKey } from "./note.mjs";
import { rootOf } from "./tree.mjs";

const int = (n) => head(n < 0 ? 1 : 0, n < 0 ? -1 - n : n);
const bytes = (b) => concat(head(2, b.length), b);
const text = (t) => { const b = encoder.encode(t); return concat(head(3, b.length), b); };
const toBeSigned = (header, payload) => concat([0x84], text("Signature1"), bytes(header), bytes([]), bytes(payload));

// Reads items one by one; each has to be the one that is expected, written as short as possible.
function reader(all) {
  let at = 0;
  const take = (n) => { if (n > all.length - at) fail("COSE: cut off"); return all.subarray(at, at += n); };
  const number = (major) => {
    const first = take(1)[0], short = first & 31;
    let n = BigInt(short);
    if (short > 27) fail("COSE: an unknown length");
    if (short >= 24) n = take(1 << (short - 24)).reduce((sum, b) => sum << 8n | BigInt(b), 0n);
    if (head(major, n)[0] !== first || n > BigInt(Number.MAX_SAFE_INTEGER)) fail("COSE: another item is expected");
    return Number(n);
  };
  const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  return {
    number,
    expect: (major, n) => { if (number(major) !== n) fail("COSE: another item is expected"); },
    int: () => (all[at] >> 5 === 1 ? -1 - number(1) : number(0)),
    bytes: () => take(number(2)),
    text: () => utf8.decode(take(number(3))),
    peek: () => all[at],
    end: () => { if (at !== all.length) fail("COSE: more after the end"); },
    nil: () => { if (take(1)[0] !== 0xf6) fail("COSE: the root is not detached"); },
  };
}

// {1: -8, 4: key id, ? 15: {1: issuer, 2: subject, …}, …}
function headerStart(r, count) {
  const members = r.number(5);
  if (!count.includes(members)) fail("COSE: another header");
  r.expect(0, 1);
  if (r.int() !== -8) fail("COSE: another algorithm");
  r.expect(0, 4);
  return { members, id: r.bytes() };
}

async function signatureHolds(key, header, payload, signature) {
  return crypto.subtle.verify({ name: "Ed25519" }, key.key, signature, toBeSigned(header, payload));
}

async function receiptOf(file, entry, log) {
  if (file.length > 65536) fail("a receipt longer than 64 KiB");
  const r = reader(file);
  r.expect(6, 18); r.expect(4, 4);
  const header = r.bytes();
  const h = reader(header);
  const { members, id } = headerStart(h, [3, 4]);
  let claims = null;
  if (members === 4) {
    h.expect(0, 15); h.expect(5, 2);
    h.expect(0, 1); const issuer = h.text();
    h.expect(0, 2); claims = { issuer, subject: h.text() };
  }
  h.expect(0, 395); h.expect(0, 1); h.end();
  if (!equal(id, log.id)) fail("the receipt names another key than the log's");
  r.expect(5, 1); r.expect(0, 396); r.expect(5, 1); r.expect(1, 0); r.expect(4, 1);
  const p = reader(r.bytes());
  r.nil();
  const signature = r.bytes();
  r.end();
  p.expect(4, 3);
  const size = p.number(0), index = p.number(0), count = p.number(4);
  if (count > 64) fail("more than 64 hashes");
  const hashes = Array.from({ length: count }, () => { const b = p.bytes(); return b.length === 32 ? b : fail("not a hash"); });
  p.end();
  const root = await rootOf(index, size, await leafHash(entry), hashes);
  if (!await signatureHolds(log, header, root, signature)) fail("the receipt was not signed with the log's key, or was changed");
  return { log: log.name, size, index, claims };
}

// A receipt for an entry. Its signature covers the root alone: size and index are its own word.
export async function verifyReceipt(file, entry, policy) {
  return receiptOf(file, entry, await parseKey(policy.log));
}

// A statement with its receipt, signed by one of the issuers (keys of notes), or by the log itself.
export async function verifyStatement(file, policy, issuers = [policy.log], document) {
  const log = await parseKey(policy.log);
  const r = reader(file);
  r.expect(6, 18); r.expect(4, 4);
  const header = r.bytes();
  const receipts = [];
  r.expect(5, 1); r.expect(0, 394);
  for (let n = r.number(4); n > 0; n--) receipts.push(r.bytes());
  const payload = r.bytes(), signature = r.bytes();
  r.end();
  const h = reader(header);
  const { id } = headerStart(h, [5]);
  h.expect(0, 15); h.expect(5, 3);
  h.expect(0, 1); const issuer = h.text();
  h.expect(0, 2); const subject = h.text();
  h.expect(0, 6); const issuedAt = h.number(0);
  h.expect(0, 258); if (h.int() !== -16) fail("COSE: another hash");
  h.expect(0, 259); const contentType = h.text();
  h.end();
  if (payload.length !== 32 || receipts.length === 0 || receipts.length > 16 || !issuer || !subject || !contentType) fail("not a signed statement about a document");
  const keys = await Promise.all(issuers.map(parseKey));
  const key = keys.find((k) => k.type === 1 && equal(k.id, id)) ?? fail("the statement is signed by none of the given keys");
  if (!await signatureHolds(key, header, payload, signature)) fail("the statement was not signed with its issuer's key, or was changed");
  const entry = concat([0xd2, 0x84], bytes(header), [0xa0], bytes(payload), bytes(signature));
  let receipt = null;
  for (const one of receipts) {
    try { receipt ??= await receiptOf(one, entry, log); } catch (error) { if (receipts.length === 1) throw error; }
  }
  if (receipt === null) fail("the statement has no receipt of a trusted log");
  if (receipt.claims?.issuer !== log.name || receipt.claims.subject !== subject) fail("the receipt speaks of something else");
  if (document !== undefined) {
    const sum = new Uint8Array(await crypto.subtle.digest("SHA-256", document));
    if (!equal(sum, payload)) fail("the statement is about another document");
  }
  return { issuer, subject, issuedAt, contentType, document: hex(payload), log: log.name, size: receipt.size, index: receipt.index };
}
