#!/usr/bin/env bash
# Connects to each of TARGETS ("<address> <port>" in lines); prints "<address> <port> <code>": 0 when something
# answers, 1 when it refuses, 124 when nothing comes back.
# shellcheck disable=SC2016 # the inner shell expands it
xargs --no-run-if-empty --max-procs 40 --max-args 2 bash -c \
  'code=0; timeout 1 bash -c "exec 3<>/dev/tcp/$0/$1" 2>/dev/null || code=$?; echo "$0 $1 $code"' <<<"$TARGETS"
