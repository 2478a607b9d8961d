#!/bin/sh
# Starts the S3 gateway with the root keys from their files: it knows no variables that name files.
set -eu
ROOT_ACCESS_KEY=$(cat /run/secrets/s3-access-key)
ROOT_SECRET_KEY=$(cat /run/secrets/s3-secret-key)
export ROOT_ACCESS_KEY ROOT_SECRET_KEY
# A list of users, though an empty one: without any, a wrong access key is answered as a missing bucket is, with 404.
export VGW_IAM_DIR=/dev/shm/iam
mkdir -p "$VGW_IAM_DIR"
# The former pair, while both are valid, is an administrator's, who may all that the root key may.
if [ -e /run/secrets/s3-former-access-key ]; then
  access=$(cat /run/secrets/s3-former-access-key)
  secret=$(cat /run/secrets/s3-former-secret-key)
  account='{"accessAccounts":{"%s":{"access":"%s","secret":"%s","role":"admin"}}}'
  # shellcheck disable=SC2059 # the format has no more than the three places
  (umask 077 && printf "$account" "$access" "$access" "$secret" >"$VGW_IAM_DIR/users.json")
fi
# Both listen on sockets, which the front before it reaches on the same machine; the port is for the check of its health.
exec versitygw --port /tmp/gateway.sock --port 127.0.0.1:7070 --webui /tmp/console.sock posix "$1"
