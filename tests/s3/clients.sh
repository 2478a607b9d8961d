#!/usr/bin/env bash
# Makes the clients that the slow suite tries S3 with, and prints where they are: the AWS CLI, and the classes of the Java one.
# rclone, Java and Maven are Debian's.
set -euo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=/dev/null
source "$HERE/../../tools/lib.sh"

missing=()
command -v rclone >/dev/null || missing+=(rclone)
command -v mvn >/dev/null || missing+=(maven)
command -v javac >/dev/null || missing+=(openjdk-17-jdk-headless)
[[ ${#missing[@]} == 0 ]] || debian_install "${missing[@]}"

made() {
  local result=$1
  [[ ! -d $result ]] || return 0
  local work=$result.$$
  say "making the S3 clients: two minutes"
  mkdir -p "$work"
  python3 -m venv "$work/aws"
  "$work/aws/bin/python" -m pip install --quiet --disable-pip-version-check --requirement "$HERE/requirements.txt" >&2
  cp -R "$HERE/java" "$work/java"
  (cd "$work/java" && mvn --batch-mode --quiet package dependency:copy-dependencies -DoutputDirectory=target/lib) >&2
  mv -T "$work" "$result"
}

result=$CACHE/s3-clients/$(hash_of "$HERE/requirements.txt" "$HERE/java")
locked s3-clients made "$result"
printf '%s\n' "$result"
