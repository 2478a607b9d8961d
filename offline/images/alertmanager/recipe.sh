# shellcheck shell=bash disable=SC2034  # read by build.sh
# The default's own version. Its pages are made when it is released and are not in the module, which does not build without
# their folder: it has an empty page here.
PACKAGE=(github.com/prometheus/alertmanager/cmd/alertmanager github.com/prometheus/alertmanager/cmd/amtool)
OUTPUT=alertmanager
LDFLAGS='-X github.com/prometheus/common/version.Version=0.34.1'
TAKES='half a minute'
prepare() {
  copy_of github.com/prometheus/alertmanager@v0.34.1 h1:qtIIP4s20duq2fbafHIti5NYJGaZNh7irXKbJwe/W/E= source
  mkdir source/ui/app/dist && : >source/ui/app/dist/index.html
}
