# shellcheck shell=bash disable=SC2034  # read by build.sh
PACKAGE=github.com/prometheus/node_exporter
OUTPUT=node_exporter
LDFLAGS='-X github.com/prometheus/common/version.Version=1.12.1'
TAKES='some seconds'
