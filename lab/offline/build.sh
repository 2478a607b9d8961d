#!/usr/bin/env bash
# Builds programs from Go modules: `build.sh NAME` makes lab/offline/NAME and prints the folder of the result.
# Each NAME has go.mod, go.sum and a recipe.sh with PACKAGE, OUTPUT, TAKES, and where needed LDFLAGS, TAGS and prepare();
# where PACKAGE is a list, each program has the name of its package.
# A result is keyed by its folder's content, what makes an image of it apart, and Go's version; all checkouts of this user share it.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"

OFFLINE=$CHECKOUT/lab/offline

key_of() {
  printf '%s-%s-%s\n' "$1" "$(hash_of "$OFFLINE/$1" -not -name Dockerfile -not -name image)" "$(go env GOVERSION)"
}

build() {
  local name=$1 result=$2
  [[ ! -d $result ]] || return 0 # another run built it while this one waited
  local LDFLAGS='' TAGS='' OUTPUT TAKES started=$SECONDS
  local -a PACKAGE=()
  prepare() { :; }
  # shellcheck source=/dev/null
  source "$OFFLINE/$name/recipe.sh"
  say "building $OUTPUT from its Go module: $TAKES on two cores"
  mkdir -p "$CACHE/built"
  local work output
  work=$(mktemp -d "$CACHE/built/.$name.XXXXXX")
  # shellcheck disable=SC2064  # the folder of this build, not of a later one
  trap "rm -rf '$work'" EXIT
  cp -R "$OFFLINE/$name" "$work/source"
  mkdir "$work/result"
  output=$work/result/$OUTPUT
  [[ ${#PACKAGE[@]} == 1 ]] || output=$work/result/
  (
    cd "$work/source"
    export CGO_ENABLED=0 GOWORK=off
    prepare "$work/result"
    go build -mod=readonly -trimpath -buildvcs=false -tags "$TAGS" -ldflags "-s -w $LDFLAGS" -o "$output" "${PACKAGE[@]}"
  ) >"$work/log" 2>&1 || {
    cat "$work/log" >&2
    fail "building $OUTPUT failed; the lines above say why (it needs the Go module proxy: see 'go env GOPROXY')"
  }
  mv -T "$work/result" "$result"
  rm -rf "$work"
  say "built $OUTPUT in $((SECONDS - started)) s"
}

command -v go >/dev/null || fail "Go is not on PATH, and without downloads its tools are built by it: install Go >= 1.25"
[[ $# -gt 0 ]] || fail "usage: build.sh NAME..., a name is a folder of $OFFLINE with a recipe.sh"
for name in "$@"; do
  [[ -f $OFFLINE/$name/recipe.sh ]] || fail "there is no $OFFLINE/$name/recipe.sh"
  result=$CACHE/built/$(key_of "$name")
  [[ -d $result ]] || locked "build-$name" build "$name" "$result"
  printf '%s\n' "$result"
done
