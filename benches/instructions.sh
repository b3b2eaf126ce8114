#!/usr/bin/env bash
# Counts instructions of the whole path, for each sample event: `benches/instructions.sh [--arm64] [EVENT...]`, names as in
# tests/events, and seven more: `mix`, the mean of 600 varied events, `busy`, the 5 KB event with a handler that reads much of
# it, `typed` and `untyped`, the same event with handlers that read the same four values, by typed arguments and by accessors,
# `authorizer` and `authorizer_simple`, an event of an HTTP API for a Lambda authorizer that answers with a policy and with a
# simple response, and `authorizer_token`, one of a REST API. On request, `log` and `metrics` are the event `http` with an
# access log or metrics, the `PARTS` of benches/drive.rs handlers that use one part of a request or response, and
# `authorizer_*` the other events of tests/events/published for authorizers.
#
# Callgrind counts, or with `--arm64` a plugin of QEMU (benches/qemu_count.c), which emulates an arm64 processor: two runs of
# benches/drive.rs that differ only in length. Their difference, divided by the difference in length, is the count for one
# event, without the start of the process. The count repeats to the last few instructions, so it is the gate: the script fails
# if an event takes more than its limit in benches/limits.txt, counted with the same compiler. The table is Markdown.
set -euo pipefail
cd "$(dirname "$0")/.."
source benches/compiler.sh

# The mix runs in whole passes.
declare -A short=([mix]=600) long=([mix]=1200)
limits=benches/limits.txt
build=()
tool=callgrind
if [[ ${1:-} == --arm64 ]]; then
    shift
    tool=qemu limits=benches/limits_arm64.txt
    plugin=${CARGO_TARGET_DIR:-target}/libcount.so
    mkdir -p "${plugin%/*}"
    gcc -shared -fPIC -O2 -o "$plugin" benches/qemu_count.c
    export CC_aarch64_unknown_linux_gnu=aarch64-linux-gnu-gcc
    export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER=aarch64-linux-gnu-gcc
    # The emulator hangs on dynamically linked programs.
    export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUSTFLAGS="-C target-feature=+crt-static"
    build=(--target aarch64-unknown-linux-gnu)
fi
events=("$@")
if (($# == 0)); then
    for file in tests/events/*.json; do
        events+=("$(basename "$file" .json)")
    done
    events+=(busy typed untyped authorizer authorizer_simple authorizer_token mix)
fi

drive=$(CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$PWD/target} cargo build --release --manifest-path benches/instructions/Cargo.toml \
    "${build[@]}" --message-format=json | sed -n 's/.*"executable":"\([^"]*drive\)".*/\1/p')
[[ -x $drive ]] || { echo "no program of benches/drive.rs was built" >&2; exit 1; }

# argument EVENT: prints the argument of benches/drive.rs for it.
argument() {
    case $1 in
        mix | busy | typed | untyped | authorizer | authorizer_simple | log | metrics) echo "$1" ;;
        cookies | cookies_http | queries | queries_rest | queries_alb | set_cookies | gzip) echo "$1" ;;
        authorizer_*) echo "tests/events/published/$1.json" ;;
        *) echo "tests/events/$1.json" ;;
    esac
}

# size EVENT: prints its bytes; for the mix, their mean.
size() {
    case $1 in
        mix) run | sed -n 's/.* of \([0-9]*\) bytes in the mean .*/\1/p' ;;
        busy | typed | untyped | cookies | set_cookies | gzip) size rest_browser ;;
        queries*) echo - ;;
        authorizer | authorizer_simple) size published/authorizer_http_v2 ;;
        authorizer_*) size "published/$1" ;;
        log | metrics | cookies_http) size http ;;
        *) wc -c < "tests/events/$1.json" ;;
    esac
}

# run [ARGUMENT...]: runs benches/drive.rs, in the emulator if it is built for arm64.
run() {
    if [[ $tool == qemu ]]; then qemu-aarch64 "$drive" "$@"; else "$drive" "$@"; fi
}

# collected EVENT N: prints the instructions of the whole run.
collected() {
    local log
    if [[ $tool == qemu ]]; then
        log=$(qemu-aarch64 -plugin "$plugin" "$drive" "$(argument "$1")" "$2" 2>&1) || { echo "$log" >&2; return 1; }
        sed -n 's/^guest instructions: \([0-9]*\)$/\1/p' <<< "$log" | grep .
        return
    fi
    log=$(valgrind --tool=callgrind --callgrind-out-file=/dev/null "$drive" "$(argument "$1")" "$2" 2>&1) ||
        { echo "$log" >&2; return 1; }
    sed -n 's/^==[0-9]*== Collected : \([0-9]*\).*/\1/p' <<< "$log" | grep .
}

# limit EVENT: prints its limit, or nothing.
limit() {
    [[ ! -f $limits ]] || awk -v event="$1" '!/^#/ && $1 == event { print $2 }' "$limits"
}

over=0
holds=true
verdict=$(judged "$limits") || holds=false
if [[ -f $limits ]]; then
    while read -r name _; do
        [[ $name =~ ^(mix|busy|typed|untyped|authorizer|authorizer_simple)$ || -f $(argument "$name") ]] || { echo "$limits: no sample event $name" >&2; over=1; }
    done < <(grep -v '^#' "$limits" | grep .)
fi

echo '| event | bytes | instructions | limit |'
echo '| --- | ---: | ---: | ---: |'
for event in "${events[@]}"; do
    less_events=${short[$event]:-200} more_events=${long[$event]:-600}
    less=$(collected "$event" "$less_events")
    more=$(collected "$event" "$more_events")
    count=$(((more - less) / (more_events - less_events)))
    most=$(limit "$event")
    note=
    if ((count <= 0)); then
        note=' **counts nothing**' over=1
    elif [[ -n $most ]] && ((count > most)); then
        note=' **over**'
        ! $holds || over=1
    fi
    echo "| $event | $(size "$event") | $count$note | ${most:--} |"
done
# This is not a row of the table: it is for readers and for the log.
echo "$verdict" >&2
exit "$over"
