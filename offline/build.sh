#!/usr/bin/env bash
# Builds programs from Go modules: `build.sh NAME` makes offline/builds/NAME or offline/images/NAME and prints the folder of the result.
# Each NAME has go.mod, go.sum and a recipe.sh with PACKAGE, OUTPUT, TAKES, and where needed LDFLAGS, TAGS and prepare(RESULT);
# where PACKAGE is a list, each program has the name of its package.
# A result is keyed by its folder's content, what makes an image of it apart, and Go's version; all checkouts of this user share it.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../tools/lib.sh"

OFFLINE=$CHECKOUT/offline

# folder_of NAME: of an image's programs, or of a program alone.
folder_of() {
  local folder
  for folder in "$OFFLINE/builds/$1" "$OFFLINE/images/$1"; do
    if [[ -f $folder/recipe.sh ]]; then printf '%s\n' "$folder" && return; fi
  done
  fail "there is no recipe.sh in $OFFLINE/builds/$1 or $OFFLINE/images/$1"
}

key_of() {
  printf '%s-%s-%s\n' "$1" "$(hash_of "$2" -not -name Dockerfile -not -name image)" "$(go env GOVERSION)"
}

# copy_of MODULE@VERSION SUM FOLDER: the module's source in a folder of the build, where prepare() may change it and go.mod
# replaces the module by it.
copy_of() {
  local found
  found=$(cd / && go mod download -json "$1")
  [[ $(sed -n 's/^\t"Sum": "\(.*\)",*$/\1/p' <<<"$found") == "$2" ]] || { printf '%s is not the module whose sum is %s\n' "$1" "$2" >&2 && return 1; }
  cp -R "$(sed -n 's/^\t"Dir": "\(.*\)",*$/\1/p' <<<"$found")" "$3"
  chmod -R u+w "$3"
}

build() {
  local name=$1 folder=$2 result=$3
  [[ ! -d $result ]] || return 0 # another run built it while this one waited
  local LDFLAGS='' TAGS='' OUTPUT TAKES started=$SECONDS
  local -a PACKAGE=()
  prepare() { :; }
  # shellcheck source=/dev/null
  source "$folder/recipe.sh"
  say "building $OUTPUT from its Go module: $TAKES on two cores"
  mkdir -p "$CACHE/built"
  local work output code
  work=$(mktemp -d "$CACHE/built/.$name.XXXXXX")
  # shellcheck disable=SC2064  # the folder of this build, not of a later one
  trap "rm -rf '$work'" EXIT
  cp -R "$folder" "$work/source"
  mkdir "$work/result"
  output=$work/result/$OUTPUT
  [[ ${#PACKAGE[@]} == 1 ]] || output=$work/result/
  set +e # it would not hold inside to the left of `||`
  (
    set -e
    cd "$work/source"
    export CGO_ENABLED=0 GOWORK=off
    prepare "$work/result"
    go build -mod=readonly -trimpath -buildvcs=false -tags "$TAGS" -ldflags "-s -w $LDFLAGS" -o "$output" "${PACKAGE[@]}"
  ) >"$work/log" 2>&1
  code=$?
  set -e
  [[ $code == 0 ]] || {
    cat "$work/log" >&2
    fail "building $OUTPUT failed; the lines above say why (it needs the Go module proxy: see 'go env GOPROXY')"
  }
  mv -T "$work/result" "$result"
  rm -rf "$work"
  say "built $OUTPUT in $((SECONDS - started)) s"
}

command -v go >/dev/null || fail "Pulumi is built by Go where https://get.pulumi.com does not answer or NUVLA_SWARM_OFFLINE=true is given, and Go is not on PATH. $RETRY; to build it: install Go >= 1.25"
[[ $# -gt 0 ]] || fail "usage: build.sh NAME..., a name is a folder of $OFFLINE/builds or $OFFLINE/images with a recipe.sh"
for name in "$@"; do
  folder=$(folder_of "$name")
  result=$CACHE/built/$(key_of "$name" "$folder")
  [[ -d $result ]] || locked "build-$name" build "$name" "$folder" "$result"
  printf '%s\n' "$result"
done
