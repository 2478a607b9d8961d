# shellcheck shell=bash disable=SC2034  # read by build.sh
PACKAGE=.
OUTPUT=whoami
TAKES='some seconds'
