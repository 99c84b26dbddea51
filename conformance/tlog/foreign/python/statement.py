"""Verifies a transparent statement (RFC 9943) with pycose and cbor2; only the walk up the tree (RFC 9162 section 2.1.3.2)
is written here. usage: statement.py STATEMENT POLICY [DOCUMENT [ISSUER-KEY]]"""
import base64, hashlib, sys
import cbor2
from pycose.keys import OKPKey
from pycose.messages import CoseMessage


def key_of(text):
    name, key_id, encoded = text.split("+", 2)
    return name, bytes.fromhex(key_id), OKPKey(crv="ED25519", x=base64.b64decode(encoded)[1:])


def node(left, right):
    return hashlib.sha256(b"\x01" + left + right).digest()


def root_of(size, index, path, entry):
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
    return root


data, policy = open(sys.argv[1], "rb").read(), open(sys.argv[2]).read().split()
log, log_id, log_key = key_of(next(word for word in policy if word.count("+") >= 2))
_, issuer_id, issuer_key = key_of(sys.argv[4]) if len(sys.argv) > 4 else (log, log_id, log_key)
outer = cbor2.loads(data)
assert outer.tag == 18
protected, unprotected, payload, signature = outer.value
header = cbor2.loads(protected)
assert set(header) == {1, 4, 15, 258, 259} and header[1] == -8 and header[4] == issuer_id and header[258] == -16, header
assert set(header[15]) == {1, 2, 6} and set(unprotected) == {394}, "claims and receipts"
statement = CoseMessage.decode(data)
statement.key = issuer_key
assert statement.verify_signature(), "the issuer's signature does not hold"
entry = cbor2.dumps(cbor2.CBORTag(18, [protected, {}, payload, signature]))
for encoded in unprotected[394]:
    receipt = CoseMessage.decode(encoded)
    claimed = cbor2.loads(cbor2.loads(encoded).value[0])
    assert claimed == {1: -8, 4: log_id, 15: {1: log, 2: header[15][2]}, 395: 1}, claimed
    size, index, path = cbor2.loads(cbor2.loads(encoded).value[1][396][-1][0])
    receipt.key = log_key
    assert receipt.payload is None and receipt.verify_signature(detached_payload=root_of(size, index, path, entry))
if len(sys.argv) > 3:
    assert hashlib.sha256(open(sys.argv[3], "rb").read()).digest() == payload, "another document"
print(f"pycose: {header[15][1]} about {header[15][2]}, entry {index} of {size} in the log {log}, both signatures hold")
