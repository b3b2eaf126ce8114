#!/usr/bin/env bash
# The todo example as a real Lambda function: `cargo lambda watch` plays the Runtime API and a Function URL, `curl` is the
# client. `tests/emulators/cargo_lambda.sh PROGRAM`, where PROGRAM is a built todo example; cargo-lambda is on PyPI.
set -euo pipefail
cd "$(dirname "$0")/../.."
program=$1
port=${GATEWIRE_EMULATOR_PORT:-9912}
address=http://127.0.0.1:$port
logs=$(mktemp -d)
started=()

finish() {
    local process
    for process in "${started[@]}"; do
        kill "$process" 2> /dev/null || true
    done
    wait 2> /dev/null || true
    rm -rf "$logs"
}
trap finish EXIT

# Bounded: nothing here runs longer than two minutes, whatever happens.
# It wants a package with a program around it, which it does not build.
cargo init --quiet --vcs none --name function "$logs/package" 2> /dev/null
(cd "$logs/package" && exec env CARGO_NET_OFFLINE=1 timeout 120 \
    cargo-lambda lambda watch --only-lambda-apis -A 127.0.0.1 -P "$port" > "$logs/watch" 2>&1) &
started+=($!)
for _ in $(seq 50); do
    grep -q 'starting Runtime server' "$logs/watch" && break
    sleep 0.2
done
AWS_LAMBDA_RUNTIME_API=$address/.rt AWS_LAMBDA_FUNCTION_NAME=_ AWS_LAMBDA_FUNCTION_MEMORY_SIZE=128 \
    AWS_LAMBDA_FUNCTION_VERSION=1 timeout 120 "$program" > "$logs/function" 2>&1 &
started+=($!)

passed=0 failed=0

# expect STATUS TEXT CURL-ARGUMENTS...: the answer has that status, and the text in its body.
expect() {
    local status=$1 text=$2 got
    shift 2
    got=$(curl -s -m 20 -w '\n%{http_code}' "$@") || true
    if [[ ${got##*$'\n'} == "$status" && ${got%$'\n'*} == *"$text"* ]]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        printf 'curl %s: want %s %s, got %s\n' "$*" "$status" "$text" "$got"
    fi
}

# invoke TEXT EVENT: what the function returns for the event, or the error that it reports, has the text in it.
invoke() {
    local got
    got=$(cargo-lambda lambda invoke -A 127.0.0.1 -P "$port" --data-file "$2" 2>&1) || true
    # Errors are wrapped to the width of a terminal.
    if [[ $(tr -s ' \n│' ' ' <<< "$got") == *"$1"* ]]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        printf 'invoke %s: want %s, got %s\n' "$2" "$1" "$got"
    fi
}

json=(-H 'content-type: application/json')
expect 200 '[]' "$address/todos"
expect 201 '{"id":1,"title":"say \"hi\"","done":false}' "${json[@]}" -d '{"title":"say \"hi\""}' "$address/todos"
expect 200 '{"id":1' "$address/todos/1"
expect 200 '"done":true' "${json[@]}" -X PUT -d '{"title":"h\u00e9llo","done":true}' "$address/todos/1"
expect 200 '[]' "$address/todos?done=false"
expect 200 'héllo' "$address/todos?done=true"
expect 400 '"statusCode":400' "${json[@]}" -d '{"title":' "$address/todos"
expect 400 'a todo needs a title' "${json[@]}" -d '{"title":" "}' "$address/todos"
expect 400 'not a valid u32' "$address/todos/x"
expect 404 'Not found' "$address/nowhere"
echo '{"no":"event"}' > "$logs/none.json"
for sample in rest http http_v1 alb alb_multi url; do
    invoke 'there is no todo 42' "tests/events/$sample.json"
done
invoke 'Gatewire.UnknownEvent' "$logs/none.json"
expect 200 '{"id":1' "$address/todos/1"
expect 204 '' -X DELETE "$address/todos/1"
expect 404 'there is no todo 1' "$address/todos/1"

((failed == 0)) || cat "$logs/function"
echo "cargo-lambda: $passed passed, $failed failed"
((failed == 0))
