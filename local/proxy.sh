# shellcheck shell=bash disable=SC2034  # for the scripts that source it
# PROXY: options of `docker build` for what its steps fetch; sourced, never run.

PROXY=()
# Only for the build: a predefined argument is not kept in the image.
if command -v apt-config >/dev/null; then
  proxy=''
  eval "$(apt-config shell proxy Acquire::http::Proxy)"
  if [[ -n $proxy ]]; then PROXY+=(--build-arg "http_proxy=$proxy"); fi
fi
