# shellcheck shell=bash disable=SC2034  # read by build.sh
# The last release that has the language host as a package of its module.
PACKAGE=github.com/pulumi/pulumi/sdk/v3/python/cmd/pulumi-language-python
OUTPUT=pulumi-language-python
TAKES='20 seconds'

# The script that the host starts, from a release that fits the SDK.
prepare() {
  local module
  module=$(cd exec && go mod download github.com/pulumi/pulumi/sdk/v3 && go list -m -f '{{.Dir}}' github.com/pulumi/pulumi/sdk/v3)
  install -m 0755 "$module/python/cmd/pulumi-language-python-exec" "$1/pulumi-language-python-exec"
}
