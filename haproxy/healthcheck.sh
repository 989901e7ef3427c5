#!/bin/sh
# Healthy is: HAProxy's worker answers and is not on its way out, and everything that it should listen on accepts.
# The agent's absence is not illness: HAProxy serves what it has, and the entry point starts the agent again.
# No request is made, since it would reach the application that is the default. Costs some 15 ms of processor time.
set -eu

ask=${0%/*}/ask.pl

info=$("$ask" "$TIDEGATE_WORKER_SOCKET" 'show info')
case $info in
  *'Stopping: 0'*) ;;
  *)
    echo 'HAProxy is stopping.'
    exit 1
    ;;
esac

# A bind line's address as one to connect to: nobody listens on `*`.
IFS=,
for bind in ${TIDEGATE_HTTP_BIND:-:80}; do
  bind=$(printf '%s' "$bind" | tr -d ' ')
  case $bind in
    unix@*) "$ask" "${bind#unix@}" ;;
    :* | '*:'*) "$ask" "127.0.0.1:${bind##*:}" ;;
    0.0.0.0:*) "$ask" "127.0.0.1:${bind##*:}" ;;
    '[::]:'*) "$ask" "[::1]:${bind##*:}" ;;
    *) "$ask" "$bind" ;;
  esac
done
echo 'HAProxy serves.'
