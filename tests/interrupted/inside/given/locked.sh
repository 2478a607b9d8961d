#!/usr/bin/env bash
# Somebody else reads the lists of packages when the script wants to.
set -euo pipefail

sed -i 's/"locked": 0/"locked": 2/' /var/lib/stand-in/packages.json
install -D /bin/true /usr/local/bin/sleep
