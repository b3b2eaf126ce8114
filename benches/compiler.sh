# Decides if a figure may be compared with its limit. Sourced, not run.
#
# Each compiler makes different code. Limits that were counted with one compiler mean nothing for another, and a new version
# of Rust must not fail a check of unchanged code. A file of limits names its compiler: `# counted with rustc X`.

# judged FILE: says whether the figures are compared with the limits of FILE, and fails if the compiler is another one.
judged() {
    local counted current
    counted=$(sed -n 's/^# counted with \(rustc [^ ]*\).*/\1/p' "$1" | grep .) || { echo "$1 names no compiler"; return 0; }
    current=$(rustc --version | cut -d ' ' -f 1,2)
    if [[ $counted == "$current" ]]; then
        echo "judged: counted with $counted"
        return 0
    fi
    echo "not judged: counted with $counted, this is ${current#rustc }"
    return 1
}
