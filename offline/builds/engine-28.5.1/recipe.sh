# shellcheck shell=bash disable=SC2034  # read by build.sh
# Docker's engine, its proxy of published ports, and its client.
PACKAGE=(github.com/docker/docker/cmd/dockerd github.com/docker/docker/cmd/docker-proxy github.com/docker/cli/cmd/docker)
OUTPUT=dockerd
LDFLAGS='-X github.com/docker/docker/dockerversion.Version=28.5.1 -X github.com/docker/cli/cli/version.Version=28.5.1'
TAKES='3 minutes'
