#!/usr/bin/env bash
# Measures how the work for an event grows with its length, for each shape of tests/growth.rs: `benches/growth.sh [SHAPE...]`.
#
# Callgrind counts the instructions for an event of n, of 2n and of 4n bytes. The second doubling adds twice as much as the
# first if the work is linear, and four times as much if the work grows with the square. The script fails beyond 2.5, which
# leaves room for sorting and for buffers that double. The table is Markdown.
set -euo pipefail
cd "$(dirname "$0")/.."

size=${GROWTH_SIZE:-20000}
program=$(cargo test --release --test growth --no-run --message-format=json |
    sed -n 's/.*"executable":"\([^"]*growth-[^"]*\)".*/\1/p')
[[ -x $program ]] || { echo "no tests/growth binary was built" >&2; exit 1; }
shapes=("$@")
(($# > 0)) || mapfile -t shapes < <("$program" --list-shapes)

# collected SHAPE N: prints the instructions of the whole run.
collected() {
    local log
    log=$(valgrind --tool=callgrind --callgrind-out-file=/dev/null "$program" "$1" "$2" 2>&1) ||
        { echo "$log" >&2; return 1; }
    sed -n 's/^==[0-9]*== Collected : \([0-9]*\).*/\1/p' <<< "$log" | grep .
}

over=0
echo "| shape | instructions for a byte more | growth, of 2 at best |"
echo '| --- | ---: | ---: |'
for shape in "${shapes[@]}"; do
    one=$(collected "$shape" "$size")
    two=$(collected "$shape" $((2 * size)))
    four=$(collected "$shape" $((4 * size)))
    # Below one instruction for ten bytes there is no notable growth, and the ratio is noise.
    awk -v shape="$shape" -v n="$size" -v first=$((two - one)) -v second=$((four - two)) 'BEGIN {
        little = second < 0.1 * 2 * n
        over = !little && (first <= 0 || second / first > 2.5)
        growth = little ? "-" : sprintf("%.2f%s", second / (first > 0 ? first : 1), over ? " **over**" : "")
        printf "| %s | %.1f | %s |\n", shape, second / (2 * n), growth
        exit over
    }' || over=1
done
exit "$over"
