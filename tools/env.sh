#!/usr/bin/env bash
# Prints what a shell needs to work with this checkout: eval "$(tools/env.sh [STACK])". Values that the user exported win.
# With a STACK, plain `pulumi` gets the backend that `make` remembers of it; without, it is for local machines.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
STACK_NAME=${1:-}

# users NAME: the user's value of a variable, empty if this script set the value, here or in another checkout.
users() {
  local value=${!1:-}
  [[ -z ${NUVLA_SWARM_ENV:-} || $value != *"$NUVLA_SWARM_ENV/.state"* ]] || value=''
  printf '%s' "$value"
}

print() {
  local quote="'" escaped="'\\''"
  printed+="export $1='${2//$quote/$escaped}'"$'\n'
  printf "export %s='%s'\n" "$1" "${2//$quote/$escaped}"
}
printed=''

# path_with FOLDER...: the folders first, each once, and no stand-ins of a shell that worked on local machines before.
path_with() {
  local path='' folder
  local -a old
  IFS=: read -r -a old <<<"$PATH"
  for folder in "$@" "${old[@]}"; do
    [[ $folder != */pulumi-home/*/bin || $folder == "${stand_ins:-}/bin" ]] || continue
    [[ :$path: == *":$folder:"* ]] || path+=:$folder
  done
  printf '%s' "${path#:}"
}

passphrase_file() {
  local file=$CHECKOUT/.state/passphrase
  # Another one would only hide that the first is gone, which secrets of states have; `make` says so for the stack.
  if [[ ! -s $file && -z $(find "$CHECKOUT/.state/stacks" -name '*.json' -exec grep -l '"passphrase": "generated"' {} + 2>/dev/null) ]]; then
    (umask 077 && head -c 32 /dev/urandom | base64 >"$file.$$")
    mv -n "$file.$$" "$file" # another run's passphrase stays
    rm -f "$file.$$"
  fi
  printf '%s' "$file"
}

# The state has all secrets, encrypted with a passphrase that a person may have chosen: only the owner may read it.
state_folder() {
  local folder=$CHECKOUT/.state
  (umask 077 && mkdir -p "$folder")
  [[ ! -O $folder || -z $(find "$folder" -prune ! -perm 700) ]] || chmod -R go= "$folder"
}

state_folder
folders=("$CHECKOUT/.venv/bin")
[[ -x $CHECKOUT/.venv/bin/python ]] || say "nothing is installed here yet: run \`make setup\`, or \`tools/setup.sh tools\` if you use no local machines"
stand_ins=''
if offline; then
  stand_ins=$(pulumi_home)
  folders+=("$stand_ins/bin")
  print PULUMI_HOME "$stand_ins"
  print PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION true # attempts cannot succeed, and cost seconds
else
  if [[ -x $(installed_pulumi) ]]; then folders+=("$(dirname "$(installed_pulumi)")"); fi
  # Of an earlier env.sh, in this shell.
  if [[ ${PULUMI_HOME:-} == */pulumi-home/* ]]; then printf 'unset PULUMI_HOME PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION\n'; fi
fi
path=$(path_with "${folders[@]}")
if [[ -x $CHECKOUT/.venv/bin/python ]] && ! (PATH=$path && command -v pulumi >/dev/null); then
  say "no Pulumi is installed for NUVLA_SWARM_OFFLINE=${NUVLA_SWARM_OFFLINE:-auto}: run \`tools/setup.sh tools\`"
fi
print PATH "$path"
print HOME "$HOME"
print VIRTUAL_ENV "$CHECKOUT/.venv"

# remembered KEY: a value of the file that tools/stack/backend.py wrote, of the stack in $1 of this script.
remembered() {
  local file=$CHECKOUT/.state/stacks/$stack.json
  [[ -z $stack || ! -f $file ]] || sed -n "s/.*\"$1\": \"\([^\"]*\)\".*/\1/p" "$file"
}

stack=${1:-} stack=${stack##*/}
backend=$(users PULUMI_BACKEND_URL)
[[ $backend != "${NUVLA_SWARM_BACKEND:-}" ]] || backend=''
# Without files of metadata: Pulumi writes these in place, so a concurrent reader, or one after a kill, could not read the state.
default=$(remembered url)
default=${default:-"file://$CHECKOUT/.state?metadata=skip"}
print PULUMI_BACKEND_URL "${backend:-$default}"
print NUVLA_SWARM_BACKEND "$([[ -n $backend ]] || printf '%s' "$default")"
if [[ -z ${PULUMI_CONFIG_PASSPHRASE+set} ]]; then
  passphrase=$(users PULUMI_CONFIG_PASSPHRASE_FILE)
  [[ -n $passphrase ]] || passphrase=$(remembered passphrase | grep '^/' || true)
  # The generated one is only for states in .state: with the checkout, it would be lost for a state that is elsewhere.
  if [[ -z $passphrase && ( ${backend:-$default} =~ ^"file://$CHECKOUT/.state"/?($|\?) || $(remembered passphrase) == generated ) ]]; then
    passphrase=$(passphrase_file)
  fi
  if [[ -n $passphrase ]]; then print PULUMI_CONFIG_PASSPHRASE_FILE "$passphrase"; else printf 'unset PULUMI_CONFIG_PASSPHRASE_FILE\n'; fi
fi
printf 'unset PYTHONDONTWRITEBYTECODE\n' # or else each command compiles the program anew
print PULUMI_SKIP_UPDATE_CHECK true
print PULUMI_PARALLEL "${PULUMI_PARALLEL:-40}" # its default of 4 per core makes machines wait for each other's waiting
print PULUMI_PARALLEL_DIFF "${PULUMI_PARALLEL_DIFF:-true}"
print GOGC "${GOGC:-400}" # of the CLI and its plugins: a tenth of a preview's time for some memory
use_engine
if [[ -n ${DOCKER_HOST:-} ]]; then print DOCKER_HOST "$DOCKER_HOST"; fi
print NUVLA_SWARM_ENV "$CHECKOUT"

# Proxies lead to the internet, and Docker's clients would ask them for the machines.
if [[ -n $STACK_NAME && -n ${HTTP_PROXY:-}${http_proxy:-}${HTTPS_PROXY:-}${https_proxy:-} && -x $CHECKOUT/.venv/bin/python ]]; then
  direct=$(eval "$printed" && cd "$CHECKOUT" && python -m tools.no_proxy "$STACK_NAME")
  print NO_PROXY "$direct"
  print no_proxy "$direct"
fi
