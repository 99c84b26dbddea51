// Bytes, hashes and numbers as texts.

export const encoder = new TextEncoder();
export const fail = (reason) => { throw new Error(reason); };
export const concat = (...parts) => {
  const out = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
  let at = 0;
  for (const p of parts) { out.set(p, at); at += p.length; }
  return out;
};
export const equal = (a, b) => a.length === b.length && a.every((byte, i) => byte === b[i]);
export const hash = async (name, ...parts) => new Uint8Array(await crypto.subtle.digest(name, concat(...parts)));
export const sha256 = (...parts) => hash("SHA-256", ...parts);
export const sha512 = (...parts) => hash("SHA-512", ...parts);
export const leafHash = (entry) => sha256([0], entry);
export const nodeHash = (left, right) => sha256([1], left, right);

// Strict: what is decoded encodes to the same text.
export function base64(text, length) {
  let bytes;
  try { bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0)); } catch { fail("not base64"); }
  if (btoa(String.fromCharCode(...bytes)) !== text) fail("not base64");
  if (length !== undefined && bytes.length !== length) fail(`not ${length} bytes`);
  return bytes;
}
export function decimal(text) {
  if (!/^(0|[1-9][0-9]{0,15})$/.test(text) || !Number.isSafeInteger(Number(text))) fail("not a number");
  return Number(text);
}


export const hex = (bytes) => [...bytes].map((b) => b.toString(16).padStart(2, "0")).join("");
