# Chooses the nightly toolchain for the steps that need one. Sourced, not run.
#
# The toolchain is pinned, so that a check fails only for a change of this repository. NIGHTLY names another; a machine that
# has only the plain `nightly` uses it instead of a download.
pinned_nightly=nightly-2026-05-20

# has_toolchain NAME: succeeds if rustup has installed it.
has_toolchain() {
    rustup toolchain list 2> /dev/null | cut -d ' ' -f 1 | grep -Eqx "$1(-[a-z0-9_]+-[a-z]+-[a-z]+(-[a-z]+)?)?"
}

if [[ -n ${NIGHTLY:-} ]]; then
    nightly=$NIGHTLY
elif ! has_toolchain "$pinned_nightly" && has_toolchain nightly; then
    nightly=nightly
else
    nightly=$pinned_nightly
fi
