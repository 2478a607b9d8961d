#!/usr/bin/env bash
# Runs Pulumi on a stack as an operator would, after mending what an earlier, killed run left behind.
set -euo pipefail
cd "$(dirname "$0")/.."
umask 077 # the state is for nobody else
verb=$1 stack=$2 # up, preview, refresh, down, select

say() { echo "$*" >&2; }

# provider NAME: whether the stack's file says that its machines come from this provider, however it is written.
provider() { grep -Esq "^[^#]*\\bprovider[\"']?: *[\"']?$1\\b" "Pulumi.$stack.yaml"; }

# A salt belongs to one passphrase, and that of a state folder which is gone is lost.
forget_salt() {
  local file=Pulumi.$stack.yaml
  if [ -f "$file" ] && ! grep -q 'secure:' "$file"; then sed -i '/^encryptionsalt:/d' "$file"; fi
}

select_stack() {
  if ! pulumi stack select "$stack" 2>/dev/null; then
    say "creates the stack $stack"
    forget_salt
    pulumi stack init "$stack"
  fi
}

# A preview asks no cloud, but plugins want credentials: without them, too, you can preview.
lend_credentials() { eval "$(python -m tools.preview_environment)"; }

# update: asks the machines and the swarm what is gone, and gives it back.
update() {
  local again urn options=()
  again=$(python -m tools.repair up "$stack") || exit
  for urn in $again; do options+=("--replace=$urn"); done
  pulumi up --yes --skip-preview --suppress-outputs ${options[@]+"${options[@]}"}
}

# up: updates, and once more where the only manager was lost with its disk: its new swarm has nothing of the state's.
up() {
  if ! update; then
    python -m tools.repair missing "$stack" || exit 1
    say "$stack: makes what is not in the swarm any more, although the state said so"
    update || exit
  fi
  python -m tools.status "$stack"
}

# Pulumi writes a salt at every command; git shows no change of a stack that was only tried.
if provider local; then trap 'python -m tools.salt "$stack"' EXIT; fi
select_stack
[ "$verb" != select ] || exit 0
case "$verb" in
  up)
    up
    ;;
  refresh)
    python -m tools.repair refresh "$stack"
    pulumi refresh --yes --skip-preview --clear-pending-creates --suppress-outputs
    ;;
  preview)
    lend_credentials
    pulumi preview --diff
    ;;
  down)
    python -m tools.repair down "$stack"
    kept=$(python -m tools.retained_volumes "$stack")
    pulumi destroy --yes --skip-preview
    printf '%s' "${kept:+$kept$'\n'}"
    tools/stop.sh --if-idle
    ;;
esac
