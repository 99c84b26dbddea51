"""Recomputes the root of a tlog-tiles folder from its entry bundles by RFC 6962's definition, with the standard
library alone. usage: root.py LOG"""
import base64, hashlib, os, sys

log = sys.argv[1]
_, size, root = open(os.path.join(log, "checkpoint"), encoding="utf-8").read().split("\n")[:3]
size, root = int(size), base64.b64decode(root)


def place(n):
    path = f"{n % 1000:03d}"
    while n := n // 1000:
        path = f"x{n % 1000:03d}/{path}"
    return path


def bundle(n):
    width = min(256, size - 256 * n)
    path = os.path.join(log, "tile/entries", place(n))
    partial = f"{path}.p/{width}"
    data = open(partial if width < 256 and os.path.exists(partial) else path, "rb").read()
    for _ in range(width):
        length = int.from_bytes(data[:2], "big")
        yield data[2:2 + length]
        data = data[2 + length:]


def tree(leaves):
    if len(leaves) == 1:
        return leaves[0]
    k = 1 << (len(leaves) - 1).bit_length() - 1
    return hashlib.sha256(b"\x01" + tree(leaves[:k]) + tree(leaves[k:])).digest()


leaves = [hashlib.sha256(b"\x00" + entry).digest() for n in range((size + 255) // 256) for entry in bundle(n)]
found = tree(leaves) if leaves else hashlib.sha256(b"").digest()
print(f"{len(leaves)} entries, the root is {'the signed one' if found == root else 'ANOTHER'}")
sys.exit(found != root or len(leaves) != size)
