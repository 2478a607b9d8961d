# shellcheck shell=bash disable=SC2034  # read by build.sh
# The containerd of docker.com's containerd.io, and its shim.
PACKAGE=(
  github.com/containerd/containerd/cmd/containerd
  github.com/containerd/containerd/cmd/containerd-shim-runc-v2
  github.com/containerd/containerd/cmd/ctr
)
OUTPUT=containerd
TAGS=urfave_cli_no_docs
TAKES='3 minutes'

version=$(sed -n 's|^require github.com/containerd/containerd v||p' "$folder/go.mod")
LDFLAGS="-X github.com/containerd/containerd/version.Version=$version"
