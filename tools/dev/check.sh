#!/usr/bin/env bash
# Lints and type-checks everything.
set -euo pipefail
cd "$(dirname "$0")/../.."

run() { echo "check: $*" >&2; "$@"; }

mapfile -t scripts < <(git ls-files --cached --others --exclude-standard '*.sh' .ci/run local/files/usr)
run ruff check .
run ruff format --check .
run mypy __main__.py components stacks tools bench tests docs
(cd offline/plugins && run mypy -p standin -p command -p tls -p random_ -p exoscale)
run shellcheck "${scripts[@]}"
run actionlint
run yamllint --strict -c tests/files/yamllint.yaml components Pulumi*.yaml
run luacheck --quiet --std ngx_lua --max-line-length 130 components/s3/files/front
