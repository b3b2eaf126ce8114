#!/usr/bin/env bash
# Loads the local gateway: `tests/emulators/load.sh PROGRAM [SECONDS]`, PROGRAM is a built todo example. Needs wrk, which
# Debian packages. Fails if a request gets no response, or one without success.
set -euo pipefail
program=$1 seconds=${2:-5}
logs=$(mktemp -d)
gateway=

finish() {
    [[ -z $gateway ]] || { kill "$gateway" 2> /dev/null && wait "$gateway" 2> /dev/null || true; }
    rm -rf "$logs"
}
trap finish EXIT

# The lines about requests go to a file, which stands for a fast terminal.
GATEWIRE_ADDRESS=127.0.0.1:0 timeout $((seconds + 60)) "$program" 2> "$logs/lines" &
gateway=$!
url=
for _ in $(seq 100); do
    url=$(sed -n 's/^gatewire: \(http:[^ ]*\) plays.*/\1/p' "$logs/lines")
    [[ -z $url ]] || break
    sleep 0.1
done
[[ -n $url ]] || { echo "the gateway did not start: $(cat "$logs/lines")"; exit 1; }

# One thread and few connections: the gateway also has one thread, and more would measure the queue.
wrk -t1 -c8 -d"${seconds}s" --latency "$url/todos" | tee "$logs/wrk"
requests=$(sed -n 's/^ *\([0-9]*\) requests in .*/\1/p' "$logs/wrk")
lines=$(grep -c '^GET /todos 200 ' "$logs/lines")
# The end of the load may cut off the last requests.
((requests > 0 && lines >= requests)) || { echo "$requests requests, and $lines lines about them"; exit 1; }
if grep -E 'Non-2xx|Socket errors' "$logs/wrk"; then
    exit 1
fi
echo "load: $requests requests in $seconds s, $(sed -n 's/^Requests\/sec: *//p' "$logs/wrk") a second"
