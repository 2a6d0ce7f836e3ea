#!/usr/bin/env bash
# A small cluster of processes on this machine, to try ENV=cluster on: PostgreSQL, a Spark master, two workers.
# `infra/cluster.sh up|down|status`; what it holds stands in .twinlake/cluster (TWINLAKE_CLUSTER). A cluster of your own
# needs none of this, only the variables that `up` writes to `env` there.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

CLUSTER=$(realpath -m "${TWINLAKE_CLUSTER:-.twinlake/cluster}")
PYTHON=${PYTHON:-$PWD/.venv/bin/python}
HOST=127.0.0.1
MASTER_PORT=${TWINLAKE_MASTER_PORT:-7077}
POSTGRES_PORT=${TWINLAKE_POSTGRES_PORT:-5433}
WORKERS=${TWINLAKE_WORKERS:-2}
EXECUTOR_MEMORY=${TWINLAKE_EXECUTOR_MEMORY:-1g}

up() {
    mkdir -p "$CLUSTER/run" "$CLUSTER/log" "$CLUSTER/home"
    postgres_up
    spark_up master deploy.master.Master --host $HOST --port "$MASTER_PORT" --webui-port 0
    local n
    for n in $(seq "$WORKERS"); do
        spark_up "worker-$n" deploy.worker.Worker --host $HOST --webui-port 0 --cores 1 --memory "$EXECUTOR_MEMORY" \
            --work-dir "$CLUSTER/work-$n" "spark://$HOST:$MASTER_PORT"
    done
    (umask 077; settings > "$CLUSTER/env")
    say "up: $CLUSTER/env says how it is reached; make demo ENV=cluster uses it"
}

down() {
    local file
    for file in "$CLUSTER"/run/worker-*.pid "$CLUSTER"/run/master.pid; do
        [ -f "$file" ] && { kill "$(cat "$file")" 2> /dev/null || true; rm -f "$file"; }
    done
    [ ! -f "$CLUSTER/postgres/postmaster.pid" ] || as_postgres "$(postgres_tool pg_ctl)" -D "$CLUSTER/postgres" stop -m fast > /dev/null
    rm -f "$CLUSTER/env"
    say "down"
}

status() {
    local file name
    for file in "$CLUSTER"/run/*.pid; do
        [ -f "$file" ] || { say "nothing runs"; return 1; }
        name=$(basename "$file" .pid)
        if kill -0 "$(cat "$file")" 2> /dev/null; then say "$name runs ($(cat "$file"))"; else say "$name is gone"; fi
    done
}

settings() {
    echo "TWINLAKE_SPARK_MASTER=spark://$HOST:$MASTER_PORT"
    echo "TWINLAKE_SHARED_HOME=$CLUSTER/home"
    echo "TWINLAKE_POSTGRES=twinlake:$(cat "$CLUSTER/run/password")@$HOST:$POSTGRES_PORT"
    echo "TWINLAKE_EXECUTOR_MEMORY=$EXECUTOR_MEMORY"
    echo "TWINLAKE_SHUFFLE_PARTITIONS=4"
    echo "SPARK_LOCAL_IP=$HOST"
}

# ---- Spark ------------------------------------------------------------------------------------------------------

spark_up() {
    local name=$1 class=$2; shift 2
    alive "$name" && return 0
    local java spark
    java=$("$PYTHON" -m twinlake.engine.java)
    spark=$("$PYTHON" -c 'import pyspark; print(pyspark.__path__[0])')
    JAVA_HOME=$java SPARK_LOCAL_IP=$HOST SPARK_DAEMON_MEMORY=256m setsid "$spark/bin/spark-class" \
        "org.apache.spark.$class" "$@" > "$CLUSTER/log/$name.log" 2>&1 < /dev/null &
    echo $! > "$CLUSTER/run/$name.pid"
    until_said "$name" 'New state: ALIVE|Successfully registered with master'
}

alive() { [ -f "$CLUSTER/run/$1.pid" ] && kill -0 "$(cat "$CLUSTER/run/$1.pid")" 2> /dev/null; }

until_said() {
    local tries
    for tries in $(seq 120); do
        grep -qE "$2" "$CLUSTER/log/$1.log" && { say "$1"; return 0; }
        alive "$1" || break
        sleep 0.5
    done
    stop "$1 did not come up: $CLUSTER/log/$1.log"
}

# ---- PostgreSQL: the system's, with a folder of its own; never as root, which it refuses --------------------------

postgres_up() {
    local data=$CLUSTER/postgres ctl; ctl=$(postgres_tool pg_ctl)
    if [ ! -f "$data/PG_VERSION" ]; then
        (umask 077; head -c 18 /dev/urandom | base64 | tr -d '/+=' > "$CLUSTER/run/password")
        mkdir -p "$data"; ours "$data" "$CLUSTER/run/password"
        as_postgres "$(postgres_tool initdb)" -D "$data" -U twinlake -A scram-sha-256 --pwfile "$CLUSTER/run/password" > /dev/null
    fi
    as_postgres "$ctl" -D "$data" status > /dev/null ||
        as_postgres "$ctl" -D "$data" -w -l "$data/log" -o "-p $POSTGRES_PORT -h $HOST -k $data" start > /dev/null ||
        stop "PostgreSQL did not come up: $data/log"
    local name
    for name in airflow mlflow; do
        PGPASSWORD=$(cat "$CLUSTER/run/password") psql -qh $HOST -p "$POSTGRES_PORT" -U twinlake -d postgres \
            -c "create database $name" 2> /dev/null || true
    done
    say "postgresql"
}

postgres_tool() {
    command -v "$1" || find /usr/lib/postgresql -name "$1" -path '*/bin/*' 2> /dev/null | sort -V | tail -n 1 | grep . ||
        stop "PostgreSQL was not found. Install it (Debian: apt-get install postgresql)."
}

as_postgres() { if [ "$(id -u)" = 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi; }

ours() { [ "$(id -u)" != 0 ] || chown postgres "$@"; }

say() { echo "cluster: $*" >&2; }

stop() { say "$*"; exit 1; }

case ${1:-} in
    up | down | status) "$1" ;;
    *) stop "usage: infra/cluster.sh up|down|status" ;;
esac
