#!/bin/bash
# The container's health check: the application says by itself whether it is well. In bash, since a Node for each
# question would cost more than the application does.
exec 3<>/dev/tcp/127.0.0.1/8080 || exit 1
printf 'GET /health HTTP/1.0\r\n\r\n' >&3
read -r _ status _ <&3
[ "$status" = 200 ]
