# shellcheck shell=bash disable=SC2034  # read by build.sh
# v0.315.0 is release 3.15.0, the default. The pages of its web interface are not in the module.
PACKAGE=(github.com/prometheus/prometheus/cmd/prometheus github.com/prometheus/prometheus/cmd/promtool)
OUTPUT=prometheus
LDFLAGS='-X github.com/prometheus/common/version.Version=3.15.0'
TAGS='remove_all_sd enable_dns_sd enable_moby_sd' # clouds' service discoveries are half of the program
TAKES='4 minutes'
