#!/usr/bin/env bash
# Makes the Pulumi CLI of PULUMI_VERSION, of Pulumi's own archive for this computer, if that is the one of tools/pulumi.sha256.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

ADVICE="install Pulumi >= $PULUMI_OLDEST yourself"

case $(uname -sm) in
  "Linux x86_64") platform=linux-x64 ;;
  "Linux aarch64") platform=linux-arm64 ;;
  *) fail "tools/pulumi.sha256 has no Pulumi CLI for $(uname -sm); allowed: Linux x86_64, Linux aarch64; $ADVICE" ;;
esac
archive=pulumi-v$PULUMI_VERSION-$platform.tar.gz
checksum=$(grep "  $archive\$" "$CHECKOUT/tools/pulumi.sha256") || fail "tools/pulumi.sha256 has no line for $archive"
root=$(dirname "$(dirname "$(installed_pulumi)")")
if [[ -x $(installed_pulumi) ]]; then exit; fi

say "getting the Pulumi CLI $PULUMI_VERSION into $root: under a minute"
new=$root.$$
trap 'rm -rf "$new"' EXIT
mkdir -p "$new/bin"
curl --silent --show-error --fail --location "https://get.pulumi.com/releases/sdk/$archive" --output "$new/$archive" ||
  fail "Pulumi's archive cannot be reached: $ADVICE, or leave NUVLA_SWARM_OFFLINE unset to do without it"
(cd "$new" && sha256sum --check --quiet --strict >/dev/null 2>&1 <<<"$checksum") ||
  fail "$archive is $(sha256sum "$new/$archive" | cut -c1-64), and tools/pulumi.sha256 says ${checksum%% *}: nothing of it is used"
tar --extract --gzip --file "$new/$archive" --directory "$new/bin" --strip-components 1
rm "$new/$archive"
rm -rf "$root" # half of one
mv "$new" "$root"
