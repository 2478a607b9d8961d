#!/usr/bin/env bash
# Installs the Pulumi CLI of PULUMI_VERSION from Pulumi's archive for this computer, whose checksum is in tools/pulumi.sha256.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

OWN="install Pulumi >= $PULUMI_OLDEST yourself (macOS: brew install pulumi/tap/pulumi)"

case $(uname -sm) in
  "Linux x86_64") platform=linux-x64 ;;
  "Linux aarch64" | "Linux arm64") platform=linux-arm64 ;;
  "Darwin x86_64") platform=darwin-x64 ;;
  "Darwin arm64") platform=darwin-arm64 ;;
  *) fail "tools/pulumi.sha256 has no Pulumi CLI for $(uname -sm); allowed: Linux or Darwin on x86_64 or arm64; $OWN" ;;
esac
archive=pulumi-v$PULUMI_VERSION-$platform.tar.gz
checksum=$(grep "  $archive\$" "$CHECKOUT/tools/pulumi.sha256") || fail "tools/pulumi.sha256 has no line for $archive"
root=$(dirname "$(dirname "$(installed_pulumi)")")
if [[ -x $(installed_pulumi) ]]; then exit; fi

say "downloading the Pulumi CLI $PULUMI_VERSION into $root: under a minute"
new=$root.$$
trap 'rm -rf "$new"' EXIT
mkdir -p "$new/bin"
curl --silent --show-error --fail --location --connect-timeout 10 --retry 2 "https://get.pulumi.com/releases/sdk/$archive" --output "$new/$archive" ||
  fail "$ANSWERS_NOT, and no Pulumi >= $PULUMI_OLDEST is installed. $ADVICE. Or $OWN"
found=$("${SHA256[@]}" "$new/$archive" | cut -c1-64)
[[ $found == "${checksum%% *}" ]] || fail "$archive has the checksum $found, but tools/pulumi.sha256 has ${checksum%% *}: the archive is not used"
tar -xzf "$new/$archive" -C "$new/bin" --strip-components 1
rm "$new/$archive"
rm -rf "$root" # half of one
mv "$new" "$root"
