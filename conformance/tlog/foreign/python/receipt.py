"""Verifies a COSE receipt (RFC 9942) with pycose; only the walk up the tree (RFC 9162 section 2.1.3.2) is written here.
usage: receipt.py RECEIPT ENTRY KEY"""
import base64, hashlib, sys
import cbor2
from pycose.headers import KID, Algorithm
from pycose.keys import OKPKey
from pycose.messages import CoseMessage

receipt, entry, key = open(sys.argv[1], "rb").read(), open(sys.argv[2], "rb").read(), open(sys.argv[3]).read().split()
key = next(word for word in key if word.count("+") >= 2)
name, key_id, encoded = key.split("+", 2)
message = CoseMessage.decode(receipt)
header = cbor2.loads(cbor2.loads(receipt).value[0])
assert header == {1: -8, 4: bytes.fromhex(key_id), 395: 1}, header
assert cbor2.dumps(cbor2.loads(receipt), canonical=True) == receipt, "not deterministic"
proofs = cbor2.loads(receipt).value[1][396][-1]
assert len(proofs) == 1
size, index, path = cbor2.loads(proofs[0])


def node(left, right):
    return hashlib.sha256(b"\x01" + left + right).digest()


fnode, snode, root = index, size - 1, hashlib.sha256(b"\x00" + entry).digest()
for sibling in path:
    assert snode > 0
    if fnode & 1 or fnode == snode:
        root = node(sibling, root)
        while fnode and not fnode & 1:
            fnode, snode = fnode >> 1, snode >> 1
    else:
        root = node(root, sibling)
    fnode, snode = fnode >> 1, snode >> 1
assert snode == 0
message.key = OKPKey(crv="ED25519", x=base64.b64decode(encoded)[1:])
assert message.payload is None
assert message.verify_signature(detached_payload=root), "the signature does not hold"
print(f"pycose: entry {index} of {size} in the log {name}, signature holds")
