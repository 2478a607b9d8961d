#!/usr/bin/env bash
# A signed package repository for local machines, laid out as docker.com's: repository.sh start|stop|status|url|settings.
# `add VERSION [SYSTEM]` adds another version of the engine, or the packages of another system than debian-12; `settings` prints those that lead a
# stack to it. It listens beside the registry; each content of offline/packages and offline/builds has a folder of its own in it, so that checkouts
# that differ do not meet.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../tools/lib.sh"
source "$CHECKOUT/offline/address.sh"
source "$CHECKOUT/local/systems.sh"

OFFLINE=$CHECKOUT/offline
FOLDER=$CACHE/repository
ROOT=$FOLDER/root # all that is served
PID_FILE=$FOLDER/pid

key_of() {
  { hash_of "$OFFLINE/packages" "$OFFLINE"/{packages,repository}.sh "$CHECKOUT/local/systems.sh" "$OFFLINE"/builds/{engine*,containerd,runc} && go env GOVERSION; } |
    "${SHA256[@]}" | cut -c1-12
}

alive() { [[ -s $PID_FILE ]] && tr '\0' ' ' 2>/dev/null <"/proc/$(<"$PID_FILE")/cmdline" | grep -F "http.server" | grep -wqF "$ROOT"; }

answers() { curl --silent --fail --noproxy '*' --max-time 2 --output /dev/null "$URL/linux/debian/gpg"; }

gpg_here() { gpg --homedir "$FOLDER/gnupg" --batch --quiet --no-options --pinentry-mode loopback --passphrase '' "$@"; }

make_key() {
  say "making the key that signs packages for local machines"
  install -d -m 0700 "$FOLDER/gnupg"
  gpg_here --quick-generate-key 'nuvla-swarm packages for local machines' ed25519 sign never 2>"$FOLDER/gpg.log" ||
    { cat "$FOLDER/gpg.log" >&2 && fail "gpg could not make a key; the lines above say why"; }
  gpg_here --armor --export >"$FOLDER/key.new"
  gpgconf --homedir "$FOLDER/gnupg" --kill all
  mv -f "$FOLDER/key.new" "$FOLDER/key"
}

settings() {
  answers || fail "no package repository answers: run 'tools/setup.sh images'"
  printf 'engine.repository.%s\n' "url=$URL" "key_fingerprint=$(gpg_here --show-keys --with-colons "$FOLDER/key" | awk -F : '$1 == "fpr" {print $10; exit}')"
}

# index: describes each package of the pool. Packages and Release are what apt reads.
index() { # DISTS
  local architecture deb release=$1/Release suite=${1##*/}
  architecture=$(dpkg --print-architecture)
  local packages=stable/binary-$architecture/Packages
  mkdir -p "$1/${packages%/*}"
  (
    cd "$1/../.." # names are from where the repository begins
    for deb in "dists/$suite/pool/stable/$architecture"/*.deb; do
      dpkg-deb --field "$deb"
      printf 'Filename: %s\nSize: %s\nSHA256: %s\n\n' "$deb" "$(stat -c %s "$deb")" "$(sha256sum "$deb" | cut -d ' ' -f 1)"
    done
  ) >"$1/$packages.new"
  mv -f "$1/$packages.new" "$1/$packages"
  {
    printf 'Origin: nuvla-swarm\nLabel: nuvla-swarm\nSuite: %s\nCodename: %s\nDate: %s\n' "$suite" "$suite" "$(LC_ALL=C date -u '+%a, %d %b %Y %H:%M:%S UTC')"
    printf 'Architectures: %s\nComponents: stable\nSHA256:\n' "$architecture"
    printf ' %s %s %s\n' "$(sha256sum "$1/$packages" | cut -d ' ' -f 1)" "$(stat -c %s "$1/$packages")" "$packages"
  } >"$release.new"
  gpg_here --clearsign --output - "$release.new" >"$1/InRelease.new"
  gpgconf --homedir "$FOLDER/gnupg" --kill all
  rm "$release.new"
  mv -f "$1/InRelease.new" "$1/InRelease"
}

add() { # VERSION SYSTEM
  local folder dists pool made deb suite
  [[ ! -e $ROOT/$KEY/$1-$2 ]] || return 0 # written last
  suite=$(suite_of "$2")
  folder=$ROOT/$KEY/linux/${2%-*}
  dists=$folder/dists/$suite
  pool=$dists/pool/stable/$(dpkg --print-architecture)
  made=$("$OFFLINE/packages.sh" "$1" "$2")
  [[ -s $FOLDER/key ]] || make_key
  mkdir -p "$pool"
  for deb in "$made"/*.deb; do
    [[ -e $pool/${deb##*/} ]] || { ln -f "$deb" "$pool/.${deb##*/}" && mv "$pool/.${deb##*/}" "$pool/${deb##*/}"; }
  done
  index "$dists"
  cp "$FOLDER/key" "$folder/gpg.new"
  mv -f "$folder/gpg.new" "$folder/gpg"
  : >"$ROOT/$KEY/$1-$2"
}

start() {
  add "$MACHINE_ENGINE_VERSION" debian-12
  if answers; then return; fi
  stop
  add_address repository
  # shellcheck disable=SC2016  # for the inner shell, which becomes the server
  detached setsid --fork bash -c 'echo $$ >"$1" && exec python3 -m http.server --bind "${2%:*}" --directory "$3" "${2#*:}"' - "$PID_FILE" "$REPOSITORY" "$ROOT" \
    </dev/null >"$FOLDER/log" 2>&1
  wait_for 10 answers || { tail -5 "$FOLDER/log" >&2 && fail "the package repository does not answer at $URL; the lines above say why"; }
}

stop() { end_server "package repository"; }

case ${1:-} in stop) KEY='' ;; *) KEY=$(key_of) ;; esac
URL=http://$REPOSITORY/$KEY
case ${1:-} in
  start | stop) locked repository "$1" ;;
  add) [[ -n ${2:-} ]] || fail "usage: repository.sh add VERSION [SYSTEM], such as 28.5.1" && locked repository add "$2" "${3:-debian-12}" ;;
  status) if answers; then echo "running at $URL"; else echo "stopped" && exit 3; fi ;;
  url) echo "$URL" ;;
  settings) settings ;;
  *) fail "usage: repository.sh start|stop|status|add VERSION [SYSTEM]|url|settings" ;;
esac
