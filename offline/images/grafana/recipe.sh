# shellcheck shell=bash disable=SC2034  # read by build.sh
# Grafana itself is in no package registry: this is a stand-in.
PACKAGE=.
OUTPUT=grafana
TAKES='some seconds'
prepare() { cp run.sh "$1/"; } # RESULT
