# shellcheck shell=bash disable=SC2034  # read by build.sh
PACKAGE=.
OUTPUT=pulumi-resource-docker
TAKES='3 minutes'

prepare() {
  go run -mod=readonly -trimpath ./schema >schema.json
}
