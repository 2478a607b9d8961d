#!/usr/bin/env bash
# Runs Pulumi on a stack as an operator would, after mending what an earlier, killed run left behind.
set -euo pipefail
cd "$(dirname "$0")/.."
verb=$1 stack=$2 # up, preview, down, fill-in

# What lives on the local engine. A machine that was killed there is found missing by a refresh of just these.
machines="urn:pulumi:$stack::nuvla-swarm::**"

say() { echo "$*" >&2; }

# What depends on this machine's engine is a setting, because a preview must not ask the engine.
fill_in() {
  local settings
  mapfile -t settings < <(lab/settings.sh)
  pulumi config set-all --stack "$stack" --path "${settings[@]/#/--plaintext=nuvla-swarm:}"
}

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
    fill_in
  fi
}

refresh_machines() {
  pulumi stack export | grep '"urn"' >/dev/null || return 0
  pulumi refresh --yes --skip-preview --clear-pending-creates --suppress-outputs \
    --target "$machines\$docker:index/container:Container::*" \
    --target "$machines\$docker:index/volume:Volume::*"
}

case "$verb" in
  fill-in)
    fill_in
    exit
    ;;
esac
select_stack
python lab/recover.py "$stack"
case "$verb" in
  up)
    refresh_machines
    pulumi up --yes --skip-preview --suppress-outputs
    python lab/status.py "$stack"
    ;;
  preview)
    pulumi preview --diff
    ;;
  down)
    pulumi destroy --yes --skip-preview
    lab/stop.sh --if-idle
    ;;
esac
