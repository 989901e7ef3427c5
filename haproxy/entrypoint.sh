#!/bin/sh
# The first process of the edge's container: HAProxy, and beside it the agent, each with a life of its own.
#
# - The agent's end costs nothing: HAProxy serves on, and the agent is started again after a short, growing pause.
# - HAProxy's end is the container's, with its exit code.
# - SIGTERM, SIGINT or SIGUSR1: the agent ends, HAProxy takes nothing new and finishes what it has, for $STOP_GRACE
#   seconds at most (30). A second signal ends it at once.
#
# Refuses to listen before it knows what to route: see first_files.
# Why a shell: as the first process it reaps whoever is left behind, and shares no fate with Node.
set -u

signals=0
haproxy=
on_signal() {
  signals=$((signals + 1))
  # Nothing serves yet, so nothing is to be finished.
  [ -n "$haproxy" ] || exit 0
  if [ "$signals" -eq 1 ]; then end_in_order & else kill -TERM "$haproxy" 2>/dev/null; fi
}
trap on_signal TERM INT USR1

here=${0%/*}
main=${here%/*}/dist/main.js
config=$TIDEGATE_RUN_DIR/haproxy.cfg
grace=${STOP_GRACE:-30}

# One line like the agent's own, so that the container's log stays JSON. $2 and $3: a number and its name.
say() { printf '{"level":"%s","time":"%s","name":"entrypoint","msg":"%s"%s}\n' "$1" "$(date -u +%FT%TZ)" "$2" "${3:+,$3}"; }

case $grace in
  '' | *[!0-9]*)
    say error 'STOP_GRACE is no whole number of seconds'
    exit 2
    ;;
esac

# Both end as the program that they are given, so that its process id is that of the job.
as_haproxy() {
  exec setpriv --reuid haproxy --regid haproxy --init-groups --no-new-privs \
    --inh-caps=-all,+net_bind_service --ambient-caps=-all,+net_bind_service --bounding-set=-all,+net_bind_service \
    -- "$@"
}

# Root owns the engine's socket. The one power that is left lets it reach HAProxy's sockets, which are HAProxy's own.
# In HAProxy's group, so that HAProxy can read the files that it writes.
as_agent() {
  exec setpriv --regid haproxy --clear-groups --no-new-privs \
    --inh-caps=-all --ambient-caps=-all --bounding-set=-all,+dac_override \
    -- node "$main" "$@"
}

# HAProxy writes nothing but its sockets: a worker that is taken over cannot rewrite its own configuration.
make_folders() {
  chmod 750 "$TIDEGATE_RUN_DIR" && chown root:haproxy "$TIDEGATE_RUN_DIR" || return
  for folder in "${TIDEGATE_WORKER_SOCKET%/*}" "${TIDEGATE_MASTER_SOCKET%/*}"; do
    # Its mode first: once it is HAProxy's, only HAProxy may change that.
    [ -d "$folder" ] || { mkdir -m 700 "$folder" && chown haproxy:haproxy "$folder"; } || return
  done
}

# Runs a job so that a signal is heard meanwhile, and returns its exit code.
run() {
  "$@" &
  job=$!
  wait "$job"
}

nothing='{"services":[],"tasks":[],"nodes":[],"networks":[],"edge":{"networkIds":[]}}'
render_nothing() { printf '%s' "$nothing" | as_agent render --snapshot - --out "$TIDEGATE_RUN_DIR" >/dev/null; }
render_swarm() { as_agent render --reachable --out "$TIDEGATE_RUN_DIR" >/dev/null; }

# HAProxy starts with what the Swarm wants now. Until the engine has said that, and the overlay networks carry (they take a
# second or two), the ports stay closed: a client, or a balancer in front, is better off with another node than with a
# 503 from this one.
first_files() {
  pause=1
  while :; do
    run render_swarm && break
    code=$?
    # Faults in the settings do not pass with time.
    [ "$code" -ne 2 ] || exit 2
    # The state of an earlier life of this container; no worse than what HAProxy would run, had it not been stopped.
    [ ! -f "$config" ] || break
    say error 'the engine does not say what to route, HAProxy waits for it' "\"retryMs\":${pause}000"
    run sleep "$pause"
    pause=$((pause < 8 ? pause * 2 : 10))
  done
  run as_haproxy haproxy -c -q -f "$config" && return
  # The agent finds the service at fault, sets it aside and loads the others.
  say error 'the configuration does not check, HAProxy starts with an empty one'
  run render_nothing || exit
}

# ---- The agent ----

# A job of its own: starts the agent again and again, until SIGTERM.
keep_agent() {
  agent=
  trap 'kill -TERM $agent 2>/dev/null; run_out 20 "$agent" || kill -KILL $agent; exit 0' TERM
  pause=2
  while :; do
    started=$(date +%s)
    as_agent run &
    agent=$!
    wait "$agent"
    code=$?
    # Who lived for a minute has nothing to do with who died before.
    [ $(($(date +%s) - started)) -lt 60 ] || pause=2
    say error 'agent ended, HAProxy serves on' "\"code\":$code,\"restartMs\":${pause}00"
    sleep "$((pause / 10)).$((pause % 10))" &
    agent=$!
    wait "$agent"
    pause=$((pause < 150 ? pause * 2 : 300))
  done
}

# run_out <tenths of a second> <pid>: false if the process is there after that time.
run_out() {
  left=$1
  while kill -0 "$2" 2>/dev/null; do
    [ "$left" -gt 0 ] || return 1
    left=$((left - 1))
    sleep 0.1
  done
}

# ---- The end ----

# How many requests are in flight, over all workers. A kept connection without one is no stream, and not counted.
count_requests() {
  requests=0
  workers=$("$here/ask.pl" "$TIDEGATE_MASTER_SOCKET" 'show proc' | awk '$2 == "worker" { print $1 }')
  for worker in $workers; do
    streams=$("$here/ask.pl" "$TIDEGATE_MASTER_SOCKET" "@!$worker show sess" | grep -c 'fe=[^GM]' || true)
    requests=$((requests + streams))
  done
  echo "$requests"
}

# A kept connection is closed with the answer to its next request. One that asks for nothing would hold HAProxy to the
# end of its time, so after five seconds it is closed as it would be at any server's timeout.
idle_after=5

# A job of its own, since a handler must be short: a second signal would wait for it.
end_in_order() {
  say info 'stopping: HAProxy finishes its requests' "\"graceMs\":${grace}000"
  kill -TERM "$keeper" 2>/dev/null
  run_out 30 "$keeper"
  kill -USR1 "$haproxy" 2>/dev/null
  left=$((grace * 2))
  while [ "$left" -gt 0 ]; do
    sleep 0.5
    kill -0 "$haproxy" 2>/dev/null || return
    left=$((left - 1))
    [ $((grace * 2 - left)) -ge $((idle_after * 2)) ] || continue
    [ "$(count_requests 2>/dev/null)" != 0 ] || break
  done
  [ "$left" -gt 0 ] || say warn 'the grace period is over, requests in flight are cut'
  kill -TERM "$haproxy" 2>/dev/null
}

make_folders || exit
first_files
as_haproxy haproxy -W -S "$TIDEGATE_MASTER_SOCKET,mode,600" -f "$config" &
haproxy=$!
keep_agent &
keeper=$!

# A signal ends `wait` early; a job that was waited for already answers 127, and its code is the one before.
code=
while :; do
  heard=$signals
  wait "$haproxy"
  now=$?
  if [ "$now" -eq 127 ] && [ -n "$code" ]; then break; fi
  code=$now
  [ "$signals" -ne "$heard" ] || break
done
if [ "$signals" -gt 0 ]; then
  say info 'stopped'
  exit 0
fi
say error 'HAProxy ended, and with it the container' "\"code\":$code"
[ "$code" -ne 0 ] || code=1
exit "$code"
