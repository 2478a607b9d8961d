# shellcheck shell=bash disable=SC2034  # read by build.sh
# Checks the workflows of GitHub.
PACKAGE=github.com/rhysd/actionlint/cmd/actionlint
OUTPUT=actionlint
TAKES='some seconds'
