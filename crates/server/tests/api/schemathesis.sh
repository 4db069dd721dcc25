#!/bin/sh
# Asks the interface everything that its own document permits, and much that it does not, with
# schemathesis (https://schemathesis.readthedocs.io), against a real server on the sample company.
#
#   FRIST=target/debug/frist SCHEMATHESIS=venv/bin/schemathesis sh crates/server/tests/api/schemathesis.sh [OPTION...]
#
# More options go to schemathesis: `--max-examples 200`, `--seed 1`, `--include-path /holds`.
set -eu
FRIST=${FRIST:-frist}
SCHEMATHESIS=${SCHEMATHESIS:-schemathesis}
PORT=${PORT:-8719}
here=$(cd "$(dirname "$0")" && pwd)
FRIST=$(command -v "$FRIST" || echo "$FRIST")
case $FRIST in */*) FRIST=$(cd "$(dirname "$FRIST")" && pwd)/$(basename "$FRIST") ;; esac
case $SCHEMATHESIS in */*) SCHEMATHESIS=$(cd "$(dirname "$SCHEMATHESIS")" && pwd)/$(basename "$SCHEMATHESIS") ;; esac
work=$(mktemp -d)
server=
end() {
    if [ -n "$server" ]; then
        kill "$server" 2>/dev/null || true
        wait "$server" 2>/dev/null || true
    fi
    rm -rf "$work"
}
trap end EXIT INT TERM

"$FRIST" demo "$work/demo" --yes --scale 0.001 >/dev/null
cd "$work/demo"
printf '[api]\nper_minute = 1000000\n' >server.toml
set -- "$@"
scopes=$("$FRIST" --json token add --scope none none 2>&1 | tr ' ,' '\n\n' | grep -E '^[a-z]+:[a-z]+$' | sort -u)
scope_options=$(for s in $scopes; do printf -- '--scope %s ' "$s"; done)
# shellcheck disable=SC2086
token=$("$FRIST" --json token add schemathesis $scope_options --dataset '*' --days 1 |
    sed -n 's/.*"token": *"\([^"]*\)".*/\1/p')
"$FRIST" serve --listen "127.0.0.1:$PORT" 2>"$work/log" >/dev/null &
server=$!
for _ in $(seq 50); do
    if (exec 3<>"/dev/tcp/127.0.0.1/$PORT") 2>/dev/null; then break; fi
    sleep 0.2
done
cd "$work"
"$SCHEMATHESIS" --config-file "$here/schemathesis.toml" run \
    --url "http://127.0.0.1:$PORT/api/v1" \
    --header "Authorization: Bearer $token" "$@" \
    "http://127.0.0.1:$PORT/api/v1/openapi.json" && came=0 || came=$?
if grep -q '"status":5' "$work/log"; then
    echo "The server answered with an error of its own:" >&2
    grep '"log":"trouble"\|panic' "$work/log" | head -20 >&2
    came=1
fi
exit $came
