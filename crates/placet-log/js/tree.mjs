// The tree: inclusion of an entry (RFC 9162 section 2.1.3.2).

import { equal, fail, nodeHash } from "./bytes.mjs";

// The root to which a proof leads.
export async function rootOf(index, size, leaf, proof) {
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
  return sum;
}

export async function verifyInclusion(index, size, leaf, proof, root) {
  if (!equal(await rootOf(index, size, leaf, proof), root)) fail("the proof leads to another root");
}
