# shellcheck shell=bash disable=SC2034  # read by build.sh
# Docker's engine, its proxy of published ports, and its client.
PACKAGE=(github.com/docker/docker/cmd/dockerd github.com/docker/docker/cmd/docker-proxy github.com/docker/cli/cmd/docker)
OUTPUT=dockerd
TAKES='10 minutes'

version=$(sed -n 's|^\tgithub.com/docker/docker v\([0-9.]*\)+incompatible$|\1|p' "$folder/go.mod")
LDFLAGS="-X github.com/docker/docker/dockerversion.Version=$version -X github.com/docker/cli/cli/version.Version=$version"
