#!/bin/sh
# Runs docker on the swarm of a stack, from any folder: .state/files/<stack>/docker node ls
# The files beside it are written by `make status`: `endpoint` (tcp://<address>:2376), ca.pem, cert.pem and key.pem.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
endpoint=$(cat "$here/endpoint")
address=${endpoint#*://}
address=${address%:*}
unset DOCKER_HOST DOCKER_CONTEXT DOCKER_TLS DOCKER_TLS_VERIFY DOCKER_CERT_PATH
# Without this, Docker's client would connect to the manager through a proxy.
export NO_PROXY="${NO_PROXY:+$NO_PROXY,}$address" no_proxy="${no_proxy:+$no_proxy,}$address"
exec docker --host "$endpoint" --tlsverify --tlscacert "$here/ca.pem" --tlscert "$here/cert.pem" --tlskey "$here/key.pem" "$@"
