# shellcheck shell=bash disable=SC2034  # read by build.sh
# Of the releases that the module proxy has, the newest whose generated files are all in the module; its pages are not.
PACKAGE=(github.com/prometheus/alertmanager/cmd/alertmanager github.com/prometheus/alertmanager/cmd/amtool)
OUTPUT=alertmanager
LDFLAGS='-X github.com/prometheus/common/version.Version=0.31.0'
TAKES='half a minute'
