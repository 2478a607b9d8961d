# shellcheck shell=bash disable=SC2034  # read by build.sh
PACKAGE=github.com/prometheus/blackbox_exporter
OUTPUT=blackbox_exporter
LDFLAGS='-X github.com/prometheus/common/version.Version=0.28.0'
TAKES='half a minute'
prepare() { # RESULT
  local module
  module=$(go mod download github.com/prometheus/blackbox_exporter && go list -m -f '{{.Dir}}' github.com/prometheus/blackbox_exporter)
  cp "$module/blackbox.yml" "$1/config.yml"
}
