"""Reads a tlog-tiles log with pymerkle (RFC 9162 trees) and cryptography (Ed25519): the roots of all its checkpoints
are those of pymerkle's tree over the entries, and their signatures hold. usage: read.py LOG KEY CHECKPOINTS"""
import base64, hashlib, os, sys
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from pymerkle import InmemoryTree

log, key, checkpoints = sys.argv[1:4]
name, key_id, encoded = open(key).read().strip().split("+", 2)
kind_and_key = base64.b64decode(encoded)
assert kind_and_key[0] == 1 and hashlib.sha256(name.encode() + b"\n" + kind_and_key).digest()[:4].hex() == key_id
public = Ed25519PublicKey.from_public_bytes(kind_and_key[1:])


def read(path):
    text, signatures = open(path, encoding="utf-8").read().split("\n\n")
    for line in signatures.splitlines():
        dash, signer, signature = line.split(" ")
        signature = base64.b64decode(signature)
        if signer == name and signature[:4].hex() == key_id:
            public.verify(signature[4:], (text + "\n").encode())
            break
    else:
        sys.exit(f"{path}: not signed by {name}")
    origin, size, root = text.split("\n")
    assert origin == name
    return int(size), base64.b64decode(root)


def place(n):
    path = f"{n % 1000:03d}"
    while n := n // 1000:
        path = f"x{n % 1000:03d}/{path}"
    return path


size, root = read(os.path.join(log, "checkpoint"))
tree, same, sizes = InmemoryTree(algorithm="sha256"), 0, dict(read(os.path.join(checkpoints, f)) for f in os.listdir(checkpoints))
sizes[size] = root
for bundle in range((size + 255) // 256):
    width = min(256, size - 256 * bundle)
    data = open(os.path.join(log, "tile/entries", place(bundle) + ("" if width == 256 else f".p/{width}")), "rb").read()
    while data:
        length = int.from_bytes(data[:2], "big")
        index = tree.append_entry(data[2:2 + length])
        data = data[2 + length:]
        if index in sizes:
            assert tree.get_root() == sizes[index], f"another root at {index} entries"
            same += 1
assert tree.get_size() == size and same == len(sizes)
print(f"pymerkle: {size} entries, {same} signed roots are the same")
