#!/usr/bin/env bash
# Sends random requests to the booking example through the local gateway, by schemathesis, and checks the responses against
# the OpenAPI document. It takes the built example: `schemathesis.sh PROGRAM [EXAMPLES [SECONDS]]`. EXAMPLES bounds the
# requests of each operation and phase, SECONDS the time of the whole.
set -euo pipefail
cd "$(dirname "$0")/../.."
program=$1 examples=${2:-20} seconds=${3:-120}
environment=${CARGO_TARGET_DIR:-target}/openapi-schemathesis
[ -x "$environment/bin/python" ] || python3 -m venv "$environment"
"$environment/bin/pip" install --quiet --disable-pip-version-check 'schemathesis==4.32.5'

work=$(mktemp -d)
export BOOKINGS_TOKEN=a-token-of-the-tests
export PYTHONPATH=$PWD/tests/openapi PYTHONDONTWRITEBYTECODE=1 SCHEMATHESIS_HOOKS=schemathesis_hooks
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
url=http://127.0.0.1:$port
GATEWIRE_ADDRESS=127.0.0.1:$port "$program" >"$work/log" 2>&1 &
server=$!
trap 'kill "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; rm -rf "$work"' EXIT
python3 - "$url" "$work/openapi.json" <<'PYTHON'
import sys, time, urllib.request
url, path = sys.argv[1:]
for attempt in range(100):
    try:
        text = urllib.request.urlopen(url + "/openapi.json", timeout=5).read()
        break
    except OSError:
        time.sleep(0.1)
else:
    sys.exit(f"{url} does not answer")
open(path, "wb").write(text)
PYTHON

tool=$(realpath -s "$environment/bin/schemathesis")

# attack DOCUMENT OPTION...: runs all checks, as the document describes the API.
attack() {
    local document=$1
    shift
    # Its configuration and its reports are not those of the working folder.
    (cd "$work" && timeout "$((seconds + 60))" "$tool" run "$document" --url "$url" \
        --header "Authorization: Bearer $BOOKINGS_TOKEN" --checks all --max-examples "$examples" --max-time "$seconds" \
        --request-timeout 10 --generation-deterministic --no-color "$@")
}

attack "$work/openapi.json" | tee "$work/report"
tested=$(sed -n 's/^ *Tested: *//p' "$work/report")
operations=$(python3 -c 'import json, sys; print(sum(map(len, json.load(open(sys.argv[1]))["paths"].values())))' "$work/openapi.json")
if [[ $tested != "$operations" ]]; then
    echo "only $tested of $operations operations were tested" >&2
    exit 1
fi

# It finds what the document does not say.
damages=('s|"422":|"418":|g' 's|"201":|"202":|g' 's|"maximum":30,|"maximum":20,|g')
for damage in "${damages[@]}"; do
    sed "$damage" "$work/openapi.json" >"$work/damaged.json"
    if cmp -s "$work/openapi.json" "$work/damaged.json"; then
        echo "the document has nothing for $damage" >&2
        exit 1
    fi
    attack "$work/damaged.json" --max-failures 1 --no-shrink >"$work/damaged.log" 2>&1 || true
    if ! grep -q '^=* FAILURES =*$' "$work/damaged.log"; then
        echo "schemathesis does not find $damage" >&2
        tail -n 40 "$work/damaged.log" >&2
        exit 1
    fi
done
echo "schemathesis: $tested operations, $(sed -n 's/^ *\([0-9]* generated\), .*/\1/p' "$work/report") requests, no failure," \
    "${#damages[@]} damaged documents found"
