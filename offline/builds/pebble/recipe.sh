# shellcheck shell=bash disable=SC2034  # read by build.sh
# An ACME server for tests, and a DNS server that tells it what the tests want.
PACKAGE=(github.com/letsencrypt/pebble/v2/cmd/pebble github.com/letsencrypt/pebble/v2/cmd/pebble-challtestsrv)
OUTPUT='pebble and pebble-challtestsrv'
TAKES='some seconds'
