# shellcheck shell=bash disable=SC2034  # read by build.sh
# The newest release whose Docker part is on the module proxy, with the Docker client of later ones (go.mod): its own needs Docker Engine 25.
PACKAGE=.
OUTPUT=cadvisor
LDFLAGS='-X github.com/google/cadvisor/lib/version.Version=v0.60.6'
TAKES='half a minute'
