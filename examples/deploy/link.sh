#!/usr/bin/env bash
# Prints the flags for `RUSTFLAGS` that link a static program for musl so that it starts faster: `examples/deploy/link.sh [ORDER]`.
# Not for programs that use glibc: that of Lambda's images is older than packed relocations.
#
# The linker is lld, which comes with Rust. Relocations are packed: a program at an address that the kernel chooses has a
# thousand of them, which take 24 bytes each otherwise. ORDER is a file that examples/deploy/order.py makes: the functions in
# the order in which a start calls them. Then a start touches fewer pages of the program. The program must be built in the same
# profile as the one that ORDER was made of, with its symbols (`strip = false`): the linker removes them.
set -euo pipefail

# The C library of older toolchains does not know packed relocations: its programs would crash.
version=$(rustc -V | sed -n 's/^rustc 1\.\([0-9]*\)\..*/\1/p')
host=$(rustc -vV | sed -n 's/^host: //p')
linker=$(rustc --print sysroot)/lib/rustlib/$host/bin/gcc-ld
if [[ ${version:-0} -lt 93 || ! -x $linker/ld.lld ]]; then
    echo "this toolchain has no lld, or a C library without packed relocations: linked by default" >&2
    exit
fi
flags="-C link-arg=-B$linker -C link-arg=-fuse-ld=lld -C link-arg=-Wl,-z,pack-relative-relocs"
if (($# > 0)); then
    flags+=" -C link-arg=-Wl,--symbol-ordering-file=$(realpath "$1") -C link-arg=-Wl,--no-warn-symbol-ordering"
    flags+=" -C link-arg=-Wl,--strip-all"
fi
echo "$flags"
