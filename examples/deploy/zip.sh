#!/usr/bin/env bash
# Makes the zip for Lambda: `examples/deploy/zip.sh EXAMPLE TARGET [EVENT]`. TARGET is aarch64-unknown-linux-musl (arm64,
# the default of the templates) or x86_64-unknown-linux-musl. Needs musl-tools, gcc-aarch64-linux-gnu and
# libc6-dev-arm64-cross of Debian, python3, and `rustup target add TARGET`.
#
# With EVENT, a file with an event as JSON, the functions that a start and this event call come first in the program, so that a
# start touches fewer pages of it: see order.py, which needs qemu-user-static of Debian. The program is linked twice.
#
# The zip is written to the path that the templates name, target/lambda/EXAMPLE/bootstrap.zip. The same sources, lock file and
# compilers make the same bytes in every folder; with EVENT, if the emulator is the same too.
set -euo pipefail
[[ $# == 2 || $# == 3 ]] || { sed -n 's/^# \?//; 2,7p' "$0" >&2; exit 2; }
example=$1 triple=$2 event=${3:+$(realpath "$3")}
[[ -z $event || -r $event ]] || { echo "$event cannot be read" >&2; exit 2; }
cd "$(dirname "$0")/../.."
target=${CARGO_TARGET_DIR:-$PWD/target}

# The programs are static, so they do not depend on the libraries of Lambda's image. Their C code (libdeflate) needs nothing
# of the C library, so the compiler for glibc can build it for arm64.
case $triple in
    aarch64-unknown-linux-musl)
        export CC_aarch64_unknown_linux_musl=${CC_aarch64_unknown_linux_musl:-aarch64-linux-gnu-gcc}
        export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_MUSL_LINKER=${CARGO_TARGET_AARCH64_UNKNOWN_LINUX_MUSL_LINKER:-aarch64-linux-gnu-gcc}
        ;;
    x86_64-unknown-linux-musl)
        export CC_x86_64_unknown_linux_musl=${CC_x86_64_unknown_linux_musl:-musl-gcc}
        ;;
    *)
        echo "no target $triple: aarch64-unknown-linux-musl or x86_64-unknown-linux-musl" >&2
        exit 2
        ;;
esac

features=()
case $example in
    axum) features=(--features tower) ;;
    production) features=(--features graceful-shutdown) ;;
    tracing) features=(--features tracing) ;;
    typed) features=(--features macros,openapi,validate) ;;
esac

# Panics name source files: their paths must be the same on every machine.
remap="--remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=/cargo --remap-path-prefix=$PWD=/build"
export RUSTFLAGS="${RUSTFLAGS:-} $remap" CARGO_TARGET_DIR=$target
program=$target/$triple/lambda/examples/$example

# build [ORDER]: builds the program; only its own link has the flags of link.sh.
build() {
    local flags
    local -a link
    flags=$(examples/deploy/link.sh "$@")
    read -ra link <<< "$flags"
    cargo rustc --quiet --profile lambda --example "$example" --target "$triple" "${features[@]}" "${config[@]}" -- "${link[@]}"
}

config=()
if [[ -n $event && -z $(examples/deploy/link.sh) ]]; then
    echo "the functions stay in the order of the default linker" >&2
    event=
fi
if [[ -n $event ]]; then
    # The names of functions depend on the profile, so the linker removes them from the second program.
    config=(--config profile.lambda.strip=false)
    build
    examples/deploy/order.py "$program" "$event" > "$program.order"
    build "$program.order"
else
    build
fi

zip=$target/lambda/$example/bootstrap.zip
mkdir -p "$(dirname "$zip")"
python3 - "$program" "$zip" <<'PYTHON'
import sys, zipfile

program, path = sys.argv[1:]
# The date is fixed. The program is executable for everybody, because Lambda runs it as another user.
entry = zipfile.ZipInfo("bootstrap", (1980, 1, 1, 0, 0, 0))
entry.create_system, entry.external_attr, entry.compress_type = 3, 0o100755 << 16, zipfile.ZIP_DEFLATED
with zipfile.ZipFile(path, "w", compresslevel=9) as archive, open(program, "rb") as file:
    archive.writestr(entry, file.read())
PYTHON
echo "$zip: $(wc -c < "$zip") bytes, sha256 $(sha256sum "$zip" | cut -d ' ' -f 1)"
