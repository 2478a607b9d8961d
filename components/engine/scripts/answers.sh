#!/usr/bin/env bash
# Functions of scripts that ask the Docker engine of their machine. None waits for ever for one that is silent, as one is that
# is stopped or stuck: that ends the script with one line, whatever the script does about an answer that is missing, since no
# answer would be taken for one that says "there is none". assets.py puts them before each script that asks the engine.
set -euo pipefail

engine_answer_s=120 # longer than an engine takes that answers at all, on a machine with too much to do
engine_work_s=3600  # if it first gets an image, removes files, or starts or ends a swarm
engine_logs_s=60    # which other machines send, too: one of them that does not is no failure of this one

exec {engine_errors}>&2   # of the script, wherever those of one command go
exec {engine_talks}<> <(:) # a pipe of all subshells, with one character until one of them finds the engine silent
printf . >&"$engine_talks"
trap 'wait 2>/dev/null; exit 1' USR1 # jobs end by themselves, and say why there

# docker ARGUMENT...: Docker's client
docker() {
  local code=0 asked="${*:1:2}" bound_s=$engine_answer_s began=$SECONDS
  read -r -t 0 -u "$engine_talks" || end_script
  case "$asked " in
    "pull "* | "swarm init "* | "swarm leave "* | "volume rm "*) bound_s=$engine_work_s ;;
    "service logs "*)
      timeout --foreground "$engine_logs_s" docker "$@"
      return
      ;;
  esac
  timeout --foreground --signal KILL "$bound_s" docker "$@" || code=$?
  if [ "$code" != 137 ] || [ $((SECONDS - began)) -lt "$bound_s" ]; then return "$code"; fi
  if read -r -t 0.1 -N 1 -u "$engine_talks" _; then
    echo "$HOSTNAME: its engine does not answer \`docker ${asked%% -*}\` after $bound_s s; see 'journalctl --unit docker' there," \
      "run 'systemctl restart docker' there, and then 'make up'" >&"$engine_errors"
  fi
  end_script
}

# end_script: with the subshells between it and this one, which may try again otherwise
end_script() {
  local process=$BASHPID between=()
  while [ "$process" != $$ ] && [ "$process" -gt 1 ]; do
    between=("$process" "${between[@]}")
    read -r _ _ _ process _ <"/proc/$process/stat"
  done
  if [ "$process" = $$ ]; then
    kill -s USR1 $$
    if [ "${#between[@]}" -gt 1 ]; then kill -s PIPE "${between[@]:0:${#between[@]}-1}"; fi # of which bash says nothing
  fi
  exit 1
}
