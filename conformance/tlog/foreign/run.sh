#!/bin/sh
# Lets programs of other people read a log that Placet wrote. Needs: Debian's golang and golang-golang-x-mod-dev,
# Python with pymerkle and cryptography, cargo. usage: run.sh [ENTRIES]
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cargo run -q --manifest-path "$here/../../../Cargo.toml" -p placet-log --example write -- "$work" "${1:-70000}"
set -- "$work/log" "$work/key" "$work/checkpoints"
GO111MODULE=off GOPATH=/usr/share/gocode GOCACHE="$work/gocache" go run "$here/go/main.go" "$@"
python3 "$here/python/read.py" "$@"
cargo run -q --manifest-path "$here/rust/Cargo.toml" -- "$@"
