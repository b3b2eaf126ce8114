#!/usr/bin/env bash
# Measures gatewire beside its peers and writes the results to benches/record/: `benches/measure.sh [REPORT OPTION...]`,
# with the options of benches/report.py. It takes about a quarter of an hour on two cores; see benches/README.md.
#
# It measures PASSES (8) times, because other work of the machine can disturb any pass; TIMES (flags of criterion) sets how
# long each benchmark runs. If valgrind is installed, the instructions of a mixed event are counted too. If PYTHON (python3)
# has aws-lambda-powertools, that is measured too.
set -euo pipefail
cd "$(dirname "$0")/.."

passes=${PASSES:-8}
python=${PYTHON:-python3}
read -ra times <<< "${TIMES:---warm-up-time 0.05 --measurement-time 0.1 --nresamples 1001}"
manifest=benches/peers/Cargo.toml
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$PWD/benches/peers/target}
export CRITERION_HOME=$CARGO_TARGET_DIR/criterion

# executable NAME: builds the benchmark, and prints its path.
executable() {
    cargo bench --manifest-path "$manifest" --bench "$1" --no-run --message-format=json |
        sed -n "s/.*\"executable\":\"\([^\"]*$1-[^\"]*\)\".*/\1/p" | grep .
}

peers=$(executable peers)
drive=$(executable drive)

# Results of an earlier run with other code must not be mixed with these.
rm -rf "$CRITERION_HOME"
mkdir -p "$CRITERION_HOME"
path=$("$drive" path)
echo "$path" > "$CRITERION_HOME/path"
bodies=()
for kind in todos items; do
    for size in "10 KB=10240" "100 KB=102400" "1 MB=1048576"; do
        file=$CRITERION_HOME/$kind-${size#*=}.json
        "$drive" "$kind" "${size#*=}" > "$file"
        bodies+=("$kind, ${size%=*}=$file")
    done
done
powertools=
if "$python" -c 'import aws_lambda_powertools' 2> /dev/null; then
    powertools=$CRITERION_HOME/cases.jsonl
    "$drive" cases > "$powertools"
    "$python" benches/python_powertools.py --version > "$CRITERION_HOME/powertools"
fi
for ((pass = 1; pass <= passes; pass++)); do
    echo "pass $pass of $passes"
    "$peers" --bench --quiet --save-baseline "pass$pass" "${times[@]}" > "$CRITERION_HOME/pass$pass.log"
    # The path of machines without AVX-512.
    [[ $path != AVX-512 ]] || GATEWIRE_BENCH_AVX2=1 "$peers" --bench --quiet --save-baseline "pass$pass" "${times[@]}" \
        '^(whole|decode|respond)/.*/gatewire' > /dev/null
    "$python" benches/python_zlib.py "${bodies[@]}" > "$CRITERION_HOME/zlib$pass.tsv"
    [[ -z $powertools ]] || "$python" benches/python_powertools.py "$powertools" > "$CRITERION_HOME/powertools$pass.tsv"
done

if command -v valgrind > /dev/null; then
    benches/instructions.sh --peers | tee "$CRITERION_HOME/instructions.md"
    sed -n 's/^| \([a-z-]*\) | \([0-9]*\) | [0-9.]* |$/\1\t\2/p' "$CRITERION_HOME/instructions.md" > "$CRITERION_HOME/instructions.tsv"
fi

"$python" benches/report.py --results "$CRITERION_HOME" "$@"
