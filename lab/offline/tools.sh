#!/usr/bin/env bash
# Puts the Pulumi CLI, the Python language host and the plugins into PULUMI_HOME, made from packages of registries.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"

OFFLINE=$CHECKOUT/lab/offline
HOME_OF_PULUMI=$(pulumi_home)

# link FILE... FOLDER: the folder has just these links; untouched when it has them already.
link() {
  local folder=${*: -1} files=("${@:1:$#-1}") file
  mkdir -p "$folder"
  for file in "${files[@]}"; do
    local link=$folder/${file##*/}
    [[ $(readlink "$link") == "$file" ]] || ln -sfn "$file" "$link"
  done
}

install_plugin() { # NAME VERSION EXECUTABLE
  link "$3" "$HOME_OF_PULUMI/plugins/resource-$1-v$2"
}

mapfile -t built < <("$OFFLINE/build.sh" language-python pulumi docker)
[[ ${#built[@]} == 3 ]] || exit 1 # build.sh has said why
link "${built[0]}"/* "${built[1]}"/* "$HOME_OF_PULUMI/bin"
install_plugin docker 5.2.0 "${built[2]}/pulumi-resource-docker"

# Stand-ins are links into this checkout, so that an edit of one is in use at once.
for executable in "$OFFLINE"/plugins/*/pulumi-resource-*; do
  [[ -x $executable ]] || continue
  name=${executable##*/pulumi-resource-}
  install_plugin "$name" "$(<"${executable%/*}/VERSION")" "$executable"
done
