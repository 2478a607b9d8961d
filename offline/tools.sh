#!/usr/bin/env bash
# Puts the Pulumi CLI, the Python language host and the plugins into PULUMI_HOME, made from packages of registries.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../tools/lib.sh"

OFFLINE=$CHECKOUT/offline
HOME_OF_PULUMI=$(pulumi_home)

# The CLI and its language host are hard links side by side: the CLI takes what stands beside its own file as its own,
# and warns of any other.
install_tools() { # FILE...
  local file link
  mkdir -p "$HOME_OF_PULUMI/bin"
  for file in "$@"; do
    link=$HOME_OF_PULUMI/bin/${file##*/}
    [[ $link -ef $file ]] || { ln -f "$file" "$link.$$" && mv "$link.$$" "$link"; }
  done
}

install_plugin() { # NAME VERSION EXECUTABLE
  local link=$HOME_OF_PULUMI/plugins/resource-$1-v$2/${3##*/}
  mkdir -p "${link%/*}"
  [[ $link -ef $3 ]] || ln -sfn "$3" "$link"
}

# executable_of NAME: a released plugin of the user's, else a stand-in: a link into this checkout, so that an edit of one is in
# use at once.
executable_of() {
  local file=pulumi-resource-$1 folder
  for folder in ${NUVLA_SWARM_PLUGINS:+"$NUVLA_SWARM_PLUGINS"} "${built[2]}" "$OFFLINE/plugins/$1"; do
    if [[ -x $folder/$file ]]; then printf '%s\n' "$folder/$file" && return; fi
  done
  fail "there is no stand-in for the plugin $1: put its $file into a folder, and say NUVLA_SWARM_PLUGINS=FOLDER"
}

[[ -z ${NUVLA_SWARM_PLUGINS:-} || -d $NUVLA_SWARM_PLUGINS ]] ||
  fail "NUVLA_SWARM_PLUGINS is '$NUVLA_SWARM_PLUGINS', which is no folder; allowed: a folder with files of released plugins, such as pulumi-resource-command"
mapfile -t built < <("$OFFLINE/build.sh" language-python pulumi docker)
[[ ${#built[@]} == 3 ]] || exit 1 # build.sh has said why
install_all() {
  install_tools "${built[0]}"/* "${built[1]}"/*
  local name version executable
  while read -r name version; do
    executable=$(executable_of "$name")
    install_plugin "$name" "$version" "$executable"
  done < <(plugins)
  # The CLI writes down every call there, packed and encrypted, and has no switch for that, which takes a fifteenth of a
  # preview: it does without where there is a file instead of its folder.
  [[ -f $HOME_OF_PULUMI/logs ]] || { rm -rf "$HOME_OF_PULUMI/logs" && : >"$HOME_OF_PULUMI/logs"; }
}

locked "${HOME_OF_PULUMI##*/}" install_all
