// Timestamps (RFC 3161) of a checkpoint's text: a CMS signature (RFC 5652) by a certificate whose SHA-256 the reader names.

import { concat, encoder, equal, fail, hash, hex, sha256 } from "./bytes.mjs";

const OIDS = {
  "2a864886f70d010702": "signedData", "2a864886f70d0109100104": "tstInfo",
  "2a864886f70d010903": "contentType", "2a864886f70d010904": "messageDigest", "2a864886f70d010910022f": "signingCertificate",
  "608648016503040201": "SHA-256", "608648016503040202": "SHA-384", "608648016503040203": "SHA-512",
  "2a864886f70d010101": "RSA", "2a864886f70d01010b": "RSA", "2a864886f70d01010c": "RSA", "2a864886f70d01010d": "RSA",
  "2a8648ce3d040302": "ECDSA", "2a8648ce3d040303": "ECDSA", "2b6570": "Ed25519",
  "2a8648ce3d030107": "P-256", "2b81040022": "P-384", "551d25": "extendedKeyUsage", "2b06010505070308": "timeStamping",
};
const SEQUENCE = 0x30, SET = 0x31, INTEGER = 2, OCTETS = 4, OID = 6;

// The items of DER, one by one.
function items(all) {
  let at = 0;
  const next = () => {
    const start = at, tag = all[at++];
    let length = all[at++];
    if (tag === undefined || length === undefined || (tag & 31) === 31 || length === 128 || length > 132) fail("not DER");
    if (length > 128) {
      const digits = all.subarray(at, at += length - 128);
      length = digits.reduce((n, d) => n * 256 + d, 0);
    }
    const content = all.subarray(at, at += length);
    if (at > all.length) fail("DER: cut off");
    return { tag, content, whole: all.subarray(start, at) };
  };
  const expect = (tag) => { const item = next(); return item.tag === tag ? item.content : fail("DER: another item is expected"); };
  return {
    next, expect,
    inside: (tag) => items(expect(tag)),
    optional: (tag) => (all[at] === tag ? next() : null),
    empty: () => at >= all.length,
    oid: () => OIDS[hex(expect(OID))] ?? null,
  };
}

function time({ tag, content }) {
  const digits = new TextDecoder().decode(content);
  const found = /^(\d{2}|\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})(\.\d+)?Z$/.exec(digits);
  if (!found || found[1].length !== (tag === 0x17 ? 2 : 4)) fail("not a time");
  const short = Number(found[1]);
  const year = tag === 0x17 ? short + (short < 50 ? 2000 : 1900) : short;
  return Date.UTC(year, found[2] - 1, found[3], found[4], found[5], found[6]) / 1000;
}

function certificate(bytes) {
  const parts = items(bytes).inside(SEQUENCE).inside(SEQUENCE);
  parts.optional(0xa0);
  parts.expect(INTEGER); parts.expect(SEQUENCE); parts.expect(SEQUENCE);
  const dates = parts.inside(SEQUENCE);
  const from = time(dates.next()), until = time(dates.next());
  parts.expect(SEQUENCE);
  const key = parts.next().whole;
  const algorithm = items(key).inside(SEQUENCE).inside(SEQUENCE);
  algorithm.expect(OID);
  const named = algorithm.optional(OID);
  const curve = named ? OIDS[hex(named.content)] : null;
  let stamps = false;
  while (!parts.empty()) {
    const item = parts.next();
    if (item.tag !== 0xa3) continue;
    const extensions = items(item.content).inside(SEQUENCE);
    while (!extensions.empty()) {
      const extension = extensions.inside(SEQUENCE), name = extension.oid();
      const critical = extension.optional(1)?.content[0] === 0xff;
      const value = extension.expect(OCTETS);
      if (name !== "extendedKeyUsage") continue;
      const purposes = items(value).inside(SEQUENCE);
      stamps = critical && purposes.oid() === "timeStamping" && purposes.empty();
    }
  }
  return { from, until, key, curve, stamps };
}

// r and s of fixed length, as WebCrypto has them.
function rawSignature(der, curve) {
  const length = curve === "P-256" ? 32 : 48, pair = items(der).inside(SEQUENCE);
  const part = () => {
    const digits = pair.expect(INTEGER), bare = digits.subarray(digits.findIndex((d) => d !== 0));
    if (bare.length > length) fail("not a signature");
    return concat(new Uint8Array(length - bare.length), bare);
  };
  return concat(part(), part());
}

// authorities: { name: SHA-256 of the certificate in hexadecimal }. `checkpoint` is the text that a proven answer states.
export async function verifyTimestamp(file, checkpoint, authorities) {
  if (file.length > 131072) fail("longer than 128 KiB");
  let parts = items(file).inside(SEQUENCE);
  const status = parts.optional(SEQUENCE);
  if (status) {
    const number = items(status.content).expect(INTEGER);
    if (number.length !== 1 || number[0] > 1) fail("the authority gave no token");
    parts = parts.inside(SEQUENCE);
  }
  if (parts.oid() !== "signedData") fail("not a timestamp token");
  const signed = parts.inside(0xa0).inside(SEQUENCE);
  signed.expect(INTEGER); signed.expect(SET);
  const info = signed.inside(SEQUENCE);
  if (info.oid() !== "tstInfo") fail("not a timestamp token");
  const content = info.inside(0xa0).expect(OCTETS);
  const held = items(signed.expect(0xa0)), certificates = [];
  while (!held.empty() && certificates.length < 32) certificates.push(held.next().whole);
  signed.optional(0xa1);
  const signers = signed.inside(SET), signer = signers.inside(SEQUENCE);
  if (!signers.empty()) fail("more than one signature");
  signer.expect(INTEGER); signer.next();
  const digest = signer.inside(SEQUENCE).oid();
  const attributes = signer.next();
  const algorithm = signer.inside(SEQUENCE).oid();
  const signature = signer.expect(OCTETS);
  if (attributes.tag !== 0xa0) fail("no signed attributes");

  const stamp = items(content).inside(SEQUENCE);
  stamp.expect(INTEGER); stamp.expect(OID);
  const imprint = stamp.inside(SEQUENCE);
  if (imprint.inside(SEQUENCE).oid() !== "SHA-256" || !equal(imprint.expect(OCTETS), await sha256(encoder.encode(checkpoint)))) {
    fail("the timestamp is for something else than this checkpoint");
  }
  const serial = hex(stamp.expect(INTEGER)), at = time(stamp.next());

  const found = new Map(), all = items(attributes.content);
  while (!all.empty()) {
    const attribute = all.inside(SEQUENCE), name = attribute.oid(), values = attribute.inside(SET);
    if (name !== null) found.set(name, found.has(name) ? fail("an attribute twice") : values.next());
  }
  const typed = OIDS[hex(found.get("contentType")?.content ?? [])] === "tstInfo";
  if (!typed || !digest?.startsWith("SHA-") || !equal(found.get("messageDigest")?.content ?? [], await hash(digest, content))) {
    fail("the timestamp was changed, or not signed by this authority");
  }
  const id = items((found.get("signingCertificate") ?? fail("no certificate is named")).content).inside(SEQUENCE).inside(SEQUENCE);
  const named = id.optional(SEQUENCE), by = named ? items(named.content).oid() : "SHA-256", sum = id.expect(OCTETS);
  let own = null;
  for (const bytes of certificates) if (equal(await hash(by ?? fail("an unknown hash"), bytes), sum)) own = bytes;
  if (own === null) fail("the token does not hold the certificate that it was signed with");
  const fingerprint = hex(await sha256(own));
  const authority = Object.keys(authorities).find((name) => authorities[name] === fingerprint);
  if (authority === undefined) fail(`signed with a certificate that is not trusted (${fingerprint})`);
  const { from, until, key, curve, stamps } = certificate(own);
  if (!stamps) fail("the authority's certificate is not one for timestamps alone");
  if (at < from || at > until) fail("the authority's certificate was not valid at that time");
  const kind = {
    RSA: { name: "RSASSA-PKCS1-v1_5", hash: digest },
    ECDSA: { name: "ECDSA", namedCurve: curve, hash: digest },
    Ed25519: { name: "Ed25519" },
  }[algorithm] ?? fail("signed in a way that is not known here");
  const imported = await crypto.subtle.importKey("spki", key, kind, false, ["verify"]);
  const message = concat([SET], attributes.whole.subarray(1));
  const raw = algorithm === "ECDSA" ? rawSignature(signature, curve) : signature;
  if (!await crypto.subtle.verify(kind, imported, raw, message)) fail("the timestamp was changed, or not signed by this authority");
  return { time: at, authority, serial };
}
