#!/usr/bin/env bash
# Starts OpenStack Swift with its S3 interface in a temporary folder, runs a command against it, and stops it.
# Debian: apt-get install swift-proxy swift-account swift-container swift-object
#
#   crates/vault/tests/swift.sh cargo test -p frist-vault --test vault -- --ignored bucket
#
# The command finds FRIST_S3_TEST (the URL), FRIST_S3_KEY and FRIST_S3_SECRET.
set -euo pipefail

for program in swift-ring-builder swift-proxy-server swift-account-server swift-container-server swift-object-server; do
  command -v "$program" >/dev/null || {
    echo "error: \`$program\` is missing (Debian: apt-get install swift-proxy swift-account swift-container swift-object)" >&2
    exit 1
  }
done
dir=$(mktemp -d "${TMPDIR:-/var/tmp}/swift.XXXXXX") # Swift needs extended attributes: not every /tmp has them.
pids=()
trap 'kill "${pids[@]}" 2>/dev/null || true; wait 2>/dev/null || true; rm -rf "$dir"' EXIT
port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
mkdir -p "$dir/node/d1" "$dir/cache"

# The secret of the hash that places objects; without swift_dir it would be read from /etc/swift.
printf '[swift-hash]\nswift_hash_path_suffix = test\nswift_hash_path_prefix = test\n[storage-policy:0]\nname = Policy-0\ndefault = yes\n' \
  >"$dir/swift.conf"
common="swift_dir = $dir
bind_ip = 127.0.0.1
workers = 0
user = $(id -un)
log_level = ERROR
log_address = $dir/log"
for kind in account container object; do
  port=$(port)
  declare "$kind=$port"
  swift-ring-builder "$dir/$kind.builder" create 4 1 0 >/dev/null
  swift-ring-builder "$dir/$kind.builder" add "r1z1-127.0.0.1:$port/d1" 1 >/dev/null
  swift-ring-builder "$dir/$kind.builder" rebalance >/dev/null 2>&1 || true # a warning is an exit code there
  cat >"$dir/$kind.conf" <<C
[DEFAULT]
$common
bind_port = $port
devices = $dir/node
mount_check = false
[pipeline:main]
pipeline = $kind-server
[app:$kind-server]
use = egg:swift#$kind
C
done
proxy=$(port)
cat >"$dir/proxy.conf" <<C
[DEFAULT]
$common
bind_port = $proxy
[pipeline:main]
pipeline = catch_errors proxy-logging cache listing_formats s3api tempauth copy dlo slo versioned_writes symlink proxy-logging proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
allow_account_management = true
[filter:catch_errors]
use = egg:swift#catch_errors
[filter:proxy-logging]
use = egg:swift#proxy_logging
[filter:cache]
use = egg:swift#memcache
memcache_servers = 127.0.0.1:9
[filter:listing_formats]
use = egg:swift#listing_formats
[filter:s3api]
use = egg:swift#s3api
s3_acl = false
location = us-east-1
check_bucket_owner = false
[filter:tempauth]
use = egg:swift#tempauth
user_test_tester = testing .admin
[filter:copy]
use = egg:swift#copy
[filter:dlo]
use = egg:swift#dlo
[filter:slo]
use = egg:swift#slo
[filter:versioned_writes]
use = egg:swift#versioned_writes
allow_versioned_writes = true
allow_object_versioning = true
[filter:symlink]
use = egg:swift#symlink
C
for kind in account container object proxy; do
  "swift-$kind-server" "$dir/$kind.conf" >>"$dir/out" 2>&1 &
  pids+=($!)
done
for server in "$account" "$container" "$object" "$proxy"; do
  for try in $(seq 300); do
    (exec 3<>"/dev/tcp/127.0.0.1/$server") 2>/dev/null && break
    [ "$try" != 300 ] || { cat "$dir/out" >&2; echo "error: Swift does not answer" >&2; exit 1; }
    sleep 0.2
  done
done
FRIST_S3_TEST="http://127.0.0.1:$proxy" FRIST_S3_KEY=test:tester FRIST_S3_SECRET=testing "$@"
