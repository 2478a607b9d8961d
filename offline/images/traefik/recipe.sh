# shellcheck shell=bash disable=SC2034  # read by build.sh
# The newest release that the module proxy has, but for what the proxy lacks of it: the SDKs of some providers of the DNS
# challenge (dns/ has the providers that are left), a module inside its own repository (ext/), and a newer fork of
# go-http-auth. Its dashboard's assets are not in the module.
PACKAGE=github.com/traefik/traefik/v3/cmd/traefik
OUTPUT=traefik
LDFLAGS='-X github.com/traefik/traefik/v3/pkg/version.Version=3.7.13'
TAKES='5 minutes'
prepare() {
  copy_of github.com/go-acme/lego/v5@v5.4.1 h1:Jt6xAP9xQrJ3SLLGgxejfDDd3pzdrmuLCWe4oTqHHQc= lego
  cp dns/providers.go lego/providers/dns/zz_gen_dns_providers.go
}
