// Keys of works: VOPRF (RFC 9497) over ristretto255 (RFC 9496), in plain integers.

import { concat, encoder, fail, sha512 } from "./bytes.mjs";
import { is32 } from "./cbor.mjs";

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
