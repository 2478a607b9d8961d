# shellcheck shell=bash disable=SC2034  # read by build.sh
# v0.310.0 is release 3.10.0, the newest that the module proxy resolves. The pages of its web interface are not in the module.
PACKAGE=(github.com/prometheus/prometheus/cmd/prometheus github.com/prometheus/prometheus/cmd/promtool)
OUTPUT=prometheus
LDFLAGS='-X github.com/prometheus/common/version.Version=3.10.0'
TAGS='remove_all_sd enable_dns_sd enable_moby_sd' # clouds' service discoveries are half of the program
TAKES='4 minutes'
