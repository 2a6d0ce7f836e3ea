#!/usr/bin/env bash
# The environment from nothing: Python packages, Java, Spark's jars, class-data archive. `make setup` calls it.
# Each step leaves a stamp when it is done, so a second call takes no time and a half-done one is repaired.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

PROJECT=$PWD
VENV=$PROJECT/.venv
CACHE=${TWINLAKE_CACHE:-$PROJECT/.cache}   # may serve several checkouts
STAMPS=$PROJECT/.cache                     # what is said of this checkout's .venv: of no other's
TOOLS=$CACHE/tools
LOG=$STAMPS/setup.log
UV_VERSION=0.13.8
NEED_GB=6   # packages 1.7, their cache 2, jars, archive and a first run
SPARE_GB=1

main() {
    check_space
    mkdir -p "$CACHE" "$STAMPS"
    one_at_a_time
    local wanted; wanted=$(fingerprint)
    stamped environment "$wanted" && still_there && return 0
    rm -f "$STAMPS/environment.stamp"
    : > "$LOG"
    local started=$SECONDS
    step "Python packages" python_packages
    step "twinlake itself" the_project
    step "Java" java_runtime
    step "Spark's jars" jars
    step "Class-data archive" archive
    echo "$wanted" > "$STAMPS/environment.stamp"
    say "ready in $((SECONDS - started)) s: .venv"
}

# ---- stamps -----------------------------------------------------------------------------------------------------

fingerprint() {
    { cat pyproject.toml requirements.lock infra/setup.sh libs/twinlake/engine/{java,jars,cds}.py
      echo "$PROJECT" "${JAVA_HOME:-}"; ls -d jobs dags expectations 2>/dev/null || true; } | sha256sum | cut -c1-32
}

stamped() { [ -f "$STAMPS/$1.stamp" ] && [ "$(cat "$STAMPS/$1.stamp")" = "$2" ]; }

still_there() { [ -d "$(cat "$STAMPS/jars.where" 2>/dev/null)" ] && find_java > /dev/null 2>&1 && is_of_this_checkout; }
# A .venv that was copied or linked from another checkout would run that one's code.
is_of_this_checkout() {
    local said
    # In a file's address what is no plain letter stands otherwise, so that such a path tells nothing.
    [[ "$PROJECT" =~ [^A-Za-z0-9/._~-] ]] && return 0
    said=$(cat "$VENV"/lib/python3.*/site-packages/twinlake-*.dist-info/direct_url.json 2> /dev/null) || return 0
    [[ "$said" == *"\"file://$PROJECT\""* ]]
}

# ---- steps ------------------------------------------------------------------------------------------------------

python_packages() {
    local lock; lock="$(sha256sum < requirements.lock) $VENV"
    stamped packages "$lock" && python_works && return 0
    # The stamp is gone while packages are being written: no stamp beside a .venv of ours means it may be torn.
    if [ -f "$STAMPS/packages.unfinished" ] || { [ -d "$VENV" ] && ! python_works; }; then rm -rf "$VENV"; fi
    rm -f "$STAMPS/packages.stamp"
    touch "$STAMPS/packages.unfinished"
    if ! python_works; then uv_run venv --quiet --python "$(find_python)" "$VENV"; fi
    # Compiled once here: where bytecode may not be written later, each process would compile 2,000 modules again.
    uv_run pip sync --python "$VENV/bin/python" --require-hashes --compile-bytecode requirements.lock
    rm -f "$STAMPS/packages.unfinished"
    echo "$lock" > "$STAMPS/packages.stamp"
}

the_project() {
    uv_run pip install --python "$VENV/bin/python" --offline --no-deps --no-build-isolation --editable .
}

java_runtime() {
    find_java > /dev/null 2>&1 || install_java
    find_java >> "$LOG" 2>&1 || stop "$(tail -n 1 "$LOG")"
}

jars() {
    "$VENV/bin/python" -m twinlake.engine.jars > "$STAMPS/jars.where.new" 2>> "$LOG" || stop "$(tail -n 1 "$LOG")"
    mv "$STAMPS/jars.where.new" "$STAMPS/jars.where"
}

archive() {
    # Only speed hangs on it.
    "$VENV/bin/python" -m twinlake.engine.cds >> "$LOG" 2>&1 || say "$(tail -n 1 "$LOG")"
}

# ---- what the steps need ----------------------------------------------------------------------------------------

check_space() {
    local need=$NEED_GB free
    [ -f "$STAMPS/environment.stamp" ] && need=$SPARE_GB
    free=$(df -Pk "$PROJECT" | awk 'NR == 2 { print int($4 / 1048576) }')
    [ "$free" -ge "$need" ] || stop "only $free GB free on the disk of $PROJECT, $need GB needed. Free some space, then run it again."
}

one_at_a_time() {
    command -v flock > /dev/null || return 0
    exec 9> "$CACHE/setup.lock"
    flock -n 9 && return 0
    say "another setup is running; waiting for it"
    flock 9
}

is_311() { "$1" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' > /dev/null 2>&1; }

python_works() { [ -x "$VENV/bin/python" ] && is_311 "$VENV/bin/python"; }

find_python() {
    local candidate
    for candidate in "${PYTHON:-python3.11}" python3.11 /usr/bin/python3.11 /usr/local/bin/python3.11 python3 python; do
        if is_311 "$candidate"; then "$candidate" -c 'import sys; print(sys.executable)'; return 0; fi
    done
    return 1
}

find_java() { "$VENV/bin/python" -m twinlake.engine.java; }

install_java() {
    [ "$(id -u)" = 0 ] && command -v apt-get > /dev/null || return 0
    say "no Java 17 found: installing the system's package"
    export DEBIAN_FRONTEND=noninteractive
    { apt-get update && { apt-get install -y --no-install-recommends openjdk-17-jre-headless ||
        apt-get install -y --no-install-recommends openjdk-21-jre-headless; }; } >> "$LOG" 2>&1 < /dev/null || true
}

# uv as it is on the path, else our own copy; a pip-only mirror is uv's mirror too.
uv_run() {
    local uv; uv=$(find_uv) || install_uv
    uv=$(find_uv) || stop_for "uv could not be installed"
    [ -z "${PIP_INDEX_URL:-}" ] || export UV_DEFAULT_INDEX=${UV_DEFAULT_INDEX:-$PIP_INDEX_URL}
    run_uv "$uv" "$@" || stop_for "uv ${1} ${2} failed"
}

find_uv() {
    local candidate
    for candidate in uv "$TOOLS/bin/uv"; do
        if "$candidate" --version > /dev/null 2>&1; then echo "$candidate"; return 0; fi
    done
    return 1
}

# uv draws its own progress for a person at a terminal; elsewhere it goes to the log.
run_uv() {
    if [ -t 2 ] && [ -z "${CI:-}" ]; then
        "$@" 2> >(tee -a "$LOG" >&2)
    else
        "$@" >> "$LOG" 2>&1
    fi
}

install_uv() {
    local python; python=$(find_python)
    # Some systems ship Python without ensurepip; pip can then still fill a folder.
    { "$python" -m venv "$TOOLS" && "$TOOLS/bin/python" -m pip install --quiet "uv==$UV_VERSION"; } >> "$LOG" 2>&1 ||
        "$python" -m pip install --quiet --target "$TOOLS" "uv==$UV_VERSION" >> "$LOG" 2>&1 || true
}

# ---- talking ----------------------------------------------------------------------------------------------------

say() { echo "setup: $*" >&2; }

step() {
    local title=$1 started=$SECONDS; shift
    say "$title ..."
    "$@"
    say "$title: $((SECONDS - started)) s"
}

stop() { say "$*"; exit 1; }

# The log knows why: no space, no network, or something else.
stop_for() {
    if grep -qiE 'no space left' "$LOG"; then
        stop "the disk is full. Free $NEED_GB GB, then run it again; it goes on where it stopped."
    elif grep -qiE 'dns|resolve host|name resolution|connect|network|timed? ?out|proxy|fetch' "$LOG"; then
        stop "could not download Python packages: no network, or the package index does not answer. Run it again once it does. Log: $LOG"
    fi
    stop "$1. Log: $LOG"
}

find_python > /dev/null || python_works || stop "Python 3.11 is needed and was not found. Install it (Debian: apt-get install python3.11), or set PYTHON=/path/to/python3.11."
main "$@"
