# shellcheck shell=bash disable=SC2034  # read by build.sh
# The runc of docker.com's containerd.io. A part of it is in C, and it filters system calls by libseccomp.
PACKAGE=github.com/opencontainers/runc
OUTPUT=runc
TAGS='seccomp urfave_cli_no_docs'
TAKES='1 minute'

prepare() {
  export CGO_ENABLED=1
  if command -v gcc && command -v pkg-config && pkg-config --exists libseccomp; then return; fi
  debian_install gcc libc6-dev libseccomp-dev pkg-config
}
