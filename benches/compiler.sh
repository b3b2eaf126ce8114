# Whether a figure may be held against its limit. Sourced, not run.
#
# Another compiler makes other code: limits that were counted with one say nothing of what another makes, and a new version
# of Rust must not fail a check of code that has not changed. A file of limits names its compiler: `# counted with rustc X`.

# judged FILE: says whether figures of the compiler in use are held against the limits of FILE, and fails if they are not.
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
