# shellcheck shell=bash disable=SC2034  # read by build.sh
# The newest release of the CLI that the module proxy has.
PACKAGE=github.com/pulumi/pulumi/pkg/v3/cmd/pulumi
OUTPUT=pulumi
LDFLAGS='-X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v3.250.0'
TAKES='4 minutes'
