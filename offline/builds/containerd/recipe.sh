# shellcheck shell=bash disable=SC2034  # read by build.sh
# The containerd of docker.com's containerd.io, and its shim.
PACKAGE=(
  github.com/containerd/containerd/cmd/containerd
  github.com/containerd/containerd/cmd/containerd-shim-runc-v2
  github.com/containerd/containerd/cmd/ctr
)
OUTPUT=containerd
TAGS=urfave_cli_no_docs
TAKES='1 minute'
LDFLAGS='-X github.com/containerd/containerd/version.Version=1.7.29'
