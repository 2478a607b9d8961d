# shellcheck shell=bash disable=SC2034  # read by build.sh
# The newest release that builds from the module proxy; its dashboard's assets are not in the module.
PACKAGE=github.com/traefik/traefik/v3/cmd/traefik
OUTPUT=traefik
LDFLAGS='-X github.com/traefik/traefik/v3/pkg/version.Version=3.6.0'
TAKES='5 minutes'
