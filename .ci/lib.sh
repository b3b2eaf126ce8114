# The shared parts of .ci/run and .ci/full: steps that report what they covered, and a table at the end. Sourced, not run.
# It needs the root of the repository as the working folder, and `set -euo pipefail`.

target=${CARGO_TARGET_DIR:-$PWD/target}
logs=$target/ci
mkdir -p "$logs"
export CARGO_TARGET_DIR=$target CARGO_TERM_COLOR=never
# Most of the time goes into building. So incremental builds are off, and backtraces get only lines.
export CARGO_INCREMENTAL=0 CARGO_PROFILE_DEV_DEBUG=line-tables-only
export PATH="${CARGO_HOME:-$HOME/.cargo}/bin:$PATH"
source .ci/nightly.sh
source benches/compiler.sh
host=$(rustc -vV | sed -n 's/^host: //p')

step=none
names=() results=() times=()

# step NAME: runs the function `step_NAME`, keeps its log, notes its outcome. A failed step does not stop the others.
step() {
    step=$1
    local started=$SECONDS status
    : > "$logs/$step.covered"
    printf '\n=== %s\n' "$step"
    # It must not run inside `if` or `||`: there the shell would ignore `set -e` in the function.
    set +e
    (set -euo pipefail; "step_$step") 2>&1 | tee "$logs/$step.log"
    status=${PIPESTATUS[0]}
    set -e
    if ((status == 0)) && [[ ! -s $logs/$step.covered ]]; then
        echo "$step: does not say what it covered"
        status=1
    fi
    names+=("$step") times+=($((SECONDS - started)))
    if ((status != 0)); then
        results+=(FAILED)
    elif grep -q '^NOT RUN' "$logs/$step.covered"; then
        results+=("not run")
    else
        results+=(passed)
    fi
    printf -- '--- %s: %s, %s s\n' "$step" "${results[-1]}" "${times[-1]}"
}

# covered TEXT: adds a line to the closing table. A step without a line fails, because it may not have run what it claims. If
# the line starts with NOT RUN, the step counts as neither passed nor failed.
covered() {
    echo "covered: $*"
    echo "$*" >> "$logs/$step.covered"
}

# tests LABEL COMMAND...: runs cargo tests, and fails if no test ran.
tests() {
    local label=$1 log=$logs/$step.tests counted
    shift
    echo "+ $*"
    "$@" 2>&1 | tee "$log"
    counted=$(awk '/^test result:/ { ran += $4; ignored += $8 } END { print ran + 0, ignored + 0 }' "$log")
    if [[ $counted == "0 "* ]]; then
        echo "$label: no test ran"
        return 1
    fi
    covered "$label: ${counted% *} tests, ${counted#* } ignored"
}

# fastest_path: the instruction set that decoding must use here. It asks the kernel, not the processor.
fastest_path() {
    case $host in
        aarch64-*) echo Neon ;;
        x86_64-*)
            if grep -q '^flags.* avx512bw.* avx512_vbmi2' /proc/cpuinfo; then
                echo Avx512
            elif grep -q '^flags.* avx2' /proc/cpuinfo; then
                echo Avx2
            else
                echo Scalar
            fi
            ;;
        *) echo Scalar ;;
    esac
}

# run COMMAND...: prints the command, and runs it.
run() {
    echo "+ $*"
    "$@"
}

# examples: prints their names, one a line; fails if there is none.
examples() {
    cargo metadata --no-deps --format-version 1 | python3 -c '
import json, sys
for package in json.load(sys.stdin)["packages"]:
    for target in package["targets"]:
        if package["name"] == "gatewire" and "example" in target["kind"]:
            print(target["name"])' | grep .
}

# fuzz_targets: prints their names, one a line; fails if there is none.
fuzz_targets() {
    sed -n '/^\[\[bin\]\]/,/^$/s/^name = "\(.*\)"/\1/p' fuzz/Cargo.toml | grep .
}

# leak_check TARGET: the sanitizer's option for leaks. The scripts of `hostile` leak futures on purpose.
leak_check() {
    if [[ $1 == hostile ]]; then echo detect_leaks=0; else echo detect_leaks=1; fi
}

# emulated: prints the examples that run under the emulators, one a line.
emulated() {
    python3 -c 'import sys; sys.path.insert(0, "tests/emulators"); import table; print("\n".join(table.FUNCTIONS))'
}

# emulators LABEL FOLDER [EMULATOR...]: sends the table of requests to the examples in that folder, under each emulator.
emulators() {
    local label=$1 folder=$2 driver
    shift 2
    (($# > 0)) || set -- local cargo_lambda ministack
    for driver in "$@"; do
        PATH=$logs/python/bin:$PATH run python3 "tests/emulators/on_$driver.py" "$folder" | tee "$logs/$driver.txt"
        # The drivers end with a line for each emulator that they have tried.
        covered "$label: $(sed -n 's/: \([0-9]* passed\), 0 failed.*/ \1/p' "$logs/$driver.txt" | paste -sd ',' | sed 's/,/, /g')"
    done
}

# other_runtime [CARGO-ARGUMENT...]: builds the emulated examples on `lambda_runtime`, with the one line changed that
# README.md names, as programs of a separate package.
other_runtime() {
    local package=$target/other-runtime name
    rm -rf "$package"
    mkdir -p "$package/src/bin"
    cat > "$package/Cargo.toml" << TOML
[package]
name = "other-runtime"
version = "0.0.0"
edition = "2024"

[workspace]

[dependencies]
axum = { version = "0.8", default-features = false, features = ["json", "query"] }
gatewire = { path = "$PWD", features = ["lambda", "tower"] }
rust_decimal = { version = "1", default-features = false, features = ["serde", "std"] }
serde = { version = "1", features = ["derive"] }
serde_json = { version = "1", features = ["raw_value"] }
tokio = { version = "1", features = ["time"] }
TOML
    cp Cargo.lock "$package/Cargo.lock"
    for name in $(emulated); do
        sed 's/gatewire::run(/gatewire::runtime::lambda::run(/' "examples/$name.rs" > "$package/src/bin/$name.rs"
        grep -q 'gatewire::runtime::lambda::run(' "$package/src/bin/$name.rs"
    done
    run cargo build --release --manifest-path "$package/Cargo.toml" "$@"
}

# zipped EXAMPLE TARGET [EVENT]: makes the zip for Lambda, and checks its contents.
zipped() {
    local zip
    run examples/deploy/zip.sh "$@" | tee "$logs/zip.txt"
    zip=$(sed -n 's/^\(.*\): [0-9]* bytes, sha256 .*/\1/p' "$logs/zip.txt")
    run python3 - "$zip" "${2%%-*}" << 'PYTHON'
import struct, sys, zipfile

path, architecture = sys.argv[1:]
with zipfile.ZipFile(path) as archive:
    (entry,) = archive.infolist()
    program = archive.read(entry)
assert entry.filename == "bootstrap" and entry.external_attr >> 16 & 0o777 == 0o755, entry
# Checks the machine in the ELF header, and that no segment names a loader: the program is static.
(machine,) = struct.unpack_from("<H", program, 18)
assert program[:4] == b"\x7fELF" and machine == {"x86_64": 62, "aarch64": 183}[architecture], (program[:20], machine)
assert b"/lib/ld-" not in program and b"/lib64/ld-" not in program, "asks for a loader"
PYTHON
    covered "$1 for $2: $(sed 's/.*: \([0-9]* bytes, sha256 .*\)/\1/' "$logs/zip.txt" | tail -n 1 | cut -c 1-40)"
}

# close: prints the table and the count, and exits with the status.
close() {
    local passed=0 failed=0 i
    printf '\n%-14s %-7s %6s  %s\n' step result 'time' covered
    for i in "${!names[@]}"; do
        case ${results[i]} in
            passed) passed=$((passed + 1)) ;;
            FAILED) failed=$((failed + 1)) ;;
        esac
        printf '%-14s %-7s %4s s  %s\n' "${names[i]}" "${results[i]}" "${times[i]}" \
            "$(paste -sd ';' "$logs/${names[i]}.covered" | sed 's/;/; /g')"
    done
    printf '\n%s passed, %s failed\n' "$passed" "$failed"
    ((failed == 0))
}
