#!/usr/bin/env bash
# Checks all sources without running them: lint.sh [CHECK]... runs the named checks, or all, side by side. A tool that is
# not installed is named and skipped, but in CI (CI=true): there it is an error.
set -euo pipefail
cd "$(dirname "$0")/../.."

declare -A CHECKS=( # check -> its tool
  [ruff]=ruff [format]=ruff [mypy]=mypy [mypy-offline]=mypy [shellcheck]=shellcheck [yamllint]=yamllint
  [actionlint]=actionlint [luacheck]=luacheck
)
ORDER=(mypy shellcheck mypy-offline ruff format yamllint actionlint luacheck) # the slowest first

check() {
  local scripts
  case $1 in
    ruff) ruff check . ;;
    format) ruff format --check . ;;
    mypy) mypy __main__.py components stacks tools bench tests docs ;;
    mypy-offline) cd offline/plugins && mypy -p standin -p command -p tls -p random_ -p exoscale ;;
    shellcheck)
      mapfile -t scripts < <(git ls-files --cached --others --exclude-standard '*.sh' .ci/run local/files/usr | xargs ls -d 2>/dev/null)
      shellcheck "${scripts[@]}"
      ;;
    yamllint) yamllint --strict -c tests/files/yamllint.yaml components examples .github .pre-commit-config.yaml Pulumi*.yaml ;;
    actionlint) actionlint ;;
    luacheck) luacheck --quiet --std ngx_lua --max-line-length 130 components/s3/files/front ;;
  esac
}

results=$(mktemp --directory)
trap 'rm -rf "$results"' EXIT
[[ $# -gt 0 ]] || set -- "${ORDER[@]}"
declare -A running=()
failed=()
for name in "$@"; do
  [[ -n ${CHECKS[$name]:-} ]] || { echo "lint: '$name' is not a check; allowed: ${ORDER[*]}" >&2 && exit 1; }
  if command -v "${CHECKS[$name]}" >/dev/null; then
    check "$name" >"$results/$name" 2>&1 &
    running[$name]=$!
  elif [[ ${CI:-} == true ]]; then
    echo "lint: ${CHECKS[$name]} is not installed: run tools/dev/test_tools.sh" >&2
    failed+=("$name")
  else
    echo "lint: skips $name, as ${CHECKS[$name]} is not installed (\`make check\` installs it)" >&2
  fi
done
for name in "$@"; do
  [[ -n ${running[$name]:-} ]] || continue
  if wait "${running[$name]}"; then continue; fi
  failed+=("$name")
  sed "s/^/$name: /" "$results/$name" >&2
done
if [[ ${#failed[@]} -gt 0 ]]; then
  echo "lint: failed: ${failed[*]} (\`make fmt\` mends what ruff and format find)" >&2
  exit 1
fi
echo "lint: no complaints from ${!running[*]} in $SECONDS s" >&2
