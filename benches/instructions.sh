#!/usr/bin/env bash
# Counts instructions of the whole path, for each sample event: `benches/instructions.sh [--arm64] [EVENT...]`, names as in
# tests/events, and more: `mix`, the mean of 600 varied events, `busy`, the 5 KB event with a handler that reads much of
# it, `typed` and `untyped`, the same event with handlers that read the same four values, by typed arguments and by accessors,
# `authorizer` and `authorizer_simple`, an event of an HTTP API for a Lambda authorizer that answers with a policy and with a
# simple response, and `authorizer_token`, one of a REST API; and three stages alone, over the mix (benches/stages.rs): `decode`,
# `look_up`, from the path as sent to its rule, and `encode`, from the value of the body to the response. On request, `log` and
# `metrics` are the event `http` with an access log or metrics, the `PARTS` of benches/drive.rs handlers that use one part of a
# request or response, and `authorizer_*` the other events of tests/events/published for authorizers.
#
# Callgrind counts, or with `--arm64` a plugin of QEMU (benches/qemu_count.c), which emulates an arm64 processor: two runs of
# benches/drive.rs that differ only in length. Their difference, divided by the difference in length, is the count for one
# event, without the start of the process. The count repeats to the last few instructions, so it is the gate: the script fails
# if an event takes more than its limit in benches/limits.txt, counted with the same compiler. The table is Markdown.
#
# `benches/instructions.sh [--arm64] --peers` counts gatewire beside its peers instead (benches/peers/benches/drive.rs): each
# engine over the mix, and look-ups of routes. Nothing there has a limit.
set -euo pipefail
cd "$(dirname "$0")/.."
source benches/compiler.sh

# The mix runs in whole passes.
declare -A short=([mix]=600 [decode]=600 [look_up]=600 [encode]=600)
declare -A long=([mix]=1200 [decode]=1200 [look_up]=1200 [encode]=1200)
limits=benches/limits.txt
build=()
tool=callgrind peers=false
while [[ ${1:-} == --* ]]; do
    case $1 in
        --arm64) tool=qemu ;;
        --peers) peers=true ;;
        *) echo "no option $1; there are: --arm64 --peers" >&2; exit 2 ;;
    esac
    shift
done
if [[ $tool == qemu ]]; then
    limits=benches/limits_arm64.txt
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
    events+=(busy typed untyped authorizer authorizer_simple authorizer_token mix decode look_up encode)
fi

# The peers are in a workspace of their own, and so is its target folder.
if $peers; then
    (($# == 0)) || { echo "the peers take the mix, not $*" >&2; exit 2; }
    what=(bench --no-run --bench drive --manifest-path benches/peers/Cargo.toml) folder=$PWD/benches/peers/target
else
    what=(build --release --manifest-path benches/instructions/Cargo.toml) folder=$PWD/target
fi
programs=$(CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$folder} cargo "${what[@]}" "${build[@]}" --message-format=json |
    sed -n 's/.*"executable":"\([^"]*\)".*/\1/p')
drive=$(grep '/drive[^/]*$' <<< "$programs")
stages=$(grep '/stages$' <<< "$programs") || $peers

# argument EVENT: prints the argument of benches/drive.rs or benches/stages.rs for it.
argument() {
    case $1 in
        mix | busy | typed | untyped | authorizer | authorizer_simple | log | metrics | decode | look_up | encode) echo "$1" ;;
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
        decode) size mix ;;
        look_up | encode) echo - ;;
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

# collected ARGUMENT N: prints the instructions of a whole run of drive.rs or stages.rs.
collected() {
    local log program=$drive
    case $1 in
        decode | look_up | encode) program=$stages ;;
    esac
    if [[ $tool == qemu ]]; then
        log=$(qemu-aarch64 -plugin "$plugin" "$program" "$1" "$2" 2>&1) || { echo "$log" >&2; return 1; }
        sed -n 's/^guest instructions: \([0-9]*\)$/\1/p' <<< "$log" | grep .
        return
    fi
    log=$(valgrind --tool=callgrind --callgrind-out-file=/dev/null "$program" "$1" "$2" 2>&1) ||
        { echo "$log" >&2; return 1; }
    sed -n 's/^==[0-9]*== Collected : \([0-9]*\).*/\1/p' <<< "$log" | grep .
}

# counted ARGUMENT LESS MORE: prints the instructions of one event, by two runs with so many events.
counted() {
    local less more
    less=$(collected "$1" "$2") || return
    more=$(collected "$1" "$3") || return
    echo $(((more - less) / ($3 - $2)))
}

# ratio COUNT OF: prints how many times OF a count is.
ratio() {
    awk -v count="$1" -v of="$2" 'BEGIN { printf "%.1f\n", count / of }'
}

# tables_of_peers: prints the counts of each engine over the mix, and of each look-up.
tables_of_peers() {
    local name count own= size other look_ups
    look_ups=$(run look-ups) || return
    echo '| engine | instructions | of gatewire |'
    echo '| --- | ---: | ---: |'
    for name in gatewire axum-on-gatewire axum match events borrowed; do
        count=$(counted "$name" 600 1200) || return
        own=${own:-$count}
        echo "| $name | $count | $(ratio "$count" "$own") |"
    done
    printf '\n| look-up | routes | gatewire | matchit |\n| --- | ---: | ---: | ---: |\n'
    while read -r size name; do
        own=$(counted "find/gatewire/$size/$name" 600 3000) || return
        other=$(counted "find/matchit/$size/$name" 600 3000) || return
        echo "| $name | $size | $own | $other |"
    done <<< "$look_ups"
}

# limit EVENT: prints its limit, or nothing.
limit() {
    [[ ! -f $limits ]] || awk -v event="$1" '!/^#/ && $1 == event { print $2 }' "$limits"
}

if $peers; then
    tables_of_peers
    exit
fi

over=0
holds=true
verdict=$(judged "$limits") || holds=false
if [[ -f $limits ]]; then
    while read -r name _; do
        [[ $name =~ ^(mix|busy|typed|untyped|authorizer|authorizer_simple|decode|look_up|encode)$ || -f $(argument "$name") ]] || { echo "$limits: no sample event $name" >&2; over=1; }
    done < <(grep -v '^#' "$limits" | grep .)
fi

echo '| event | bytes | instructions | limit |'
echo '| --- | ---: | ---: | ---: |'
for event in "${events[@]}"; do
    count=$(counted "$(argument "$event")" "${short[$event]:-200}" "${long[$event]:-600}")
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
