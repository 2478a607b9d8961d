# shellcheck shell=bash disable=SC2034  # read by build.sh
PACKAGE=github.com/prometheus-community/elasticsearch_exporter
OUTPUT=elasticsearch_exporter
LDFLAGS='-X github.com/prometheus/common/version.Version=1.7.0'
TAKES='some seconds'
