#!/bin/sh
# A time-stamping authority (RFC 3161) made of openssl. usage: authority.sh make FOLDER rsa|ec
#                                                              authority.sh answer FOLDER < request > answer
set -eu
cd "$2"
if [ "$1" = answer ]; then
  cat > request.tsq
  openssl ts -reply -config tsa.cnf -section tsa -queryfile request.tsq -out answer.tsr 2>/dev/null
  cat answer.tsr
  exit
fi
case $3 in
  rsa) new="-newkey rsa:2048" ;;
  ec) new="-newkey ec -pkeyopt ec_paramgen_curve:P-256" ;;
esac
cat > tsa.cnf <<CNF
[tsa]
dir = .
serial = ./serial
crypto_device = builtin
signer_cert = ./tsa.pem
certs = ./ca.pem
signer_key = ./tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha384, sha512
accuracy = secs:1
ess_cert_id_chain = no
ess_cert_id_alg = sha256
tsa_name = yes
[req]
distinguished_name = name
[name]
[ca]
basicConstraints = critical, CA:true
[stamps]
basicConstraints = CA:false
keyUsage = critical, digitalSignature
extendedKeyUsage = critical, timeStamping
CNF
echo 1000 > serial
# shellcheck disable=SC2086
openssl req -x509 $new -nodes -keyout ca.key -out ca.pem -days 36500 -subj "/CN=Example CA" -config tsa.cnf -extensions ca 2>/dev/null
openssl req $new -nodes -keyout tsa.key -out tsa.csr -subj "/CN=Example TSA" -config tsa.cnf 2>/dev/null
openssl x509 -req -in tsa.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 36500 -extfile tsa.cnf -extensions stamps -out tsa.pem 2>/dev/null
openssl x509 -in tsa.pem -outform DER | sha256sum | cut -d' ' -f1
