# shellcheck shell=bash disable=SC2034  # read by build.sh
PACKAGE=github.com/versity/versitygw/cmd/versitygw
OUTPUT=versitygw
LDFLAGS='-X main.Version=v1.8.0'
TAKES='a minute'
