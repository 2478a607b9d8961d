#!/usr/bin/env bash
# Changes who may log in as LOGIN_USER. Only lines that end with the mark are this script's own for a SETTING.
#   add      the lines are KEYS, and no others; no line of anybody has one of the keys RETIRED
#   remove   there are none of them
set -euo pipefail
: "${MACHINE:?}" "${LOGIN_USER:?}" "${KEYS:?}" "${SETTING:?}" "${RETIRED?}"
export PATH=$PATH:/usr/sbin:/sbin

mark=" nuvla-swarm:$SETTING"            # at the end of a line, which is its comment
noted=/etc/nuvla-swarm/"${SETTING##*.}" # paths of files that may have such lines: the user may change

say() { echo "$MACHINE: $*" >&2; }

# authorized_keys_file: the first file that sshd reads for the user, by sshd's own settings; "none" if it reads none
authorized_keys_file() {
  local home file
  home=$(getent passwd "$LOGIN_USER" | cut -d : -f 6)
  file=$(sshd -T -C "user=$LOGIN_USER,host=localhost,addr=127.0.0.1" 2>/dev/null |
    awk '$1 == "authorizedkeysfile" {print $2}' || true)
  file=${file:-.ssh/authorized_keys}
  if [ "$file" = none ]; then echo none && return; fi
  file=${file//%h/$home}
  file=${file//%u/$LOGIN_USER}
  file=${file//%%/%}
  [[ $file == /* ]] || file=$home/$file
  realpath --canonicalize-missing "$file"
}

# prepare PATH: <PATH>.new has the owner and the mode of PATH, or those that sshd asks for.
prepare() {
  local folder=${1%/*} group
  group=$(id --group "$LOGIN_USER")
  [ -d "$folder" ] || install -d -m 0700 -o "$LOGIN_USER" -g "$group" "$folder"
  rm -f "$1.new"
  if [ -e "$1" ]; then
    cp --preserve=all "$1" "$1.new"
  else
    install -m 0600 -o "$LOGIN_USER" -g "$group" /dev/null "$1.new"
  fi
}

# replace PATH: by <PATH>.new, at once. A file that is lost or torn would let nobody in.
replace() {
  sync "$1.new"
  mv --force "$1.new" "$1"
}

# others PATH: its other lines, byte by byte, without those of retired keys
others() {
  if [ ! -e "$1" ]; then return; fi
  if [ -n "$RETIRED" ]; then
    sed "/$mark\$/d" "$1" | { grep --invert-match --fixed-strings "$RETIRED" || true; }
  else
    sed "/$mark\$/d" "$1"
  fi
}

# remove_from PATH
remove_from() {
  rm -f "$1.new"
  grep --quiet "$mark\$" "$1" 2>/dev/null || return 0
  if [ -z "$(others "$1")" ]; then rm "$1" && return; fi
  prepare "$1"
  others "$1" >"$1.new"
  replace "$1"
}

# note PATH...: these are all that may have such lines.
note() {
  install -d -m 0755 "${noted%/*}"
  printf '%s\n' "$@" | sort --unique >"$noted.new"
  mv --force "$noted.new" "$noted"
}

# tell_known PATH: names the keys that somebody else has put there, too
tell_known() {
  local theirs kind data owner
  theirs=$(others "$1")
  while read -r kind data owner; do
    if grep --quiet --fixed-strings "$kind $data" <<<"$theirs"; then
      say "the key of $owner is in $1 also without $SETTING: to revoke it, remove both"
    fi
  done <<<"$KEYS"
}

add() {
  local file path former keys
  file=$(authorized_keys_file)
  if [ "$file" = none ]; then
    say "its sshd reads no file of authorized keys for $LOGIN_USER; allowed: no $SETTING, or" \
      "another AuthorizedKeysFile in /etc/ssh/sshd_config there"
    exit 1
  fi
  mapfile -t keys <<<"$KEYS"
  mapfile -t former < <(cat "$noted" 2>/dev/null || true)
  if [ "$SETTING" = machines.ssh.authorized_keys ]; then tell_known "$file"; fi
  note "${former[@]}" "$file"
  prepare "$file"
  # The own lines come first, as the last line of others may have no end.
  { printf '%s\n' "${keys[@]/%/$mark}" && others "$file"; } >"$file.new"
  replace "$file"
  for path in "${former[@]}"; do
    if [ "$path" != "$file" ]; then remove_from "$path"; fi
  done
  note "$file"
}

remove() {
  local path
  while read -r path; do
    if [ "$path" != none ]; then remove_from "$path"; fi
  done < <(cat "$noted" 2>/dev/null || true; authorized_keys_file)
  rm -f "$noted" "$noted.new"
}

case "$1" in
  add) add ;;
  remove) remove ;;
esac
