#!/usr/bin/env bash
# The yardstick of the bench: what a careful shell script does, one step after the other, on the same machines.
#   script.sh up NAME SUBNET WORKERS IMAGE [BOOT_S]     from nothing to Traefik answering
#   script.sh down NAME
# The machines are made with the flags that the engine of this computer needs: see components/machines/local.py.
set -euo pipefail
verb=$1 name=$2
here=$(cd "$(dirname "$0")" && pwd)
keys=${TMPDIR:-/tmp}/$name-keys

: "${MACHINE_FLAGS:?}" # of `docker run`
: "${TRAEFIK_IMAGE:?}" "${REGISTRY_MIRRORS?}"

ssh_to() { ssh -q -i "$keys/login" -o UserKnownHostsFile="$keys/known_hosts" -o LogLevel=ERROR "root@$1" "${@:2}"; }

# await SECONDS COMMAND...
await() {
  local deadline=$((SECONDS + $1))
  until "${@:2}" >/dev/null 2>&1; do
    [ "$SECONDS" -lt "$deadline" ] || return 1
    sleep 0.1
  done
}

machine() {
  local machine=$1 address=$2 boot_s=$3
  docker volume create "$name-$machine" >/dev/null
  # shellcheck disable=SC2086 # several flags
  docker create --name "$name-$machine" --hostname "$machine" --network "$name" --ip "$address" \
    --env container=docker --env "BOOT_DELAY_S=$boot_s" --stop-signal SIGRTMIN+3 --tmpfs /run --tmpfs /tmp:exec \
    --volume "$name-$machine:/var/lib/docker" $MACHINE_FLAGS "$image" >/dev/null
  docker cp -q "$keys/host" "$name-$machine:/etc/ssh/ssh_host_ed25519_key"
  docker cp -q "$keys/login.pub" "$name-$machine:/root/.ssh/authorized_keys"
  docker start "$name-$machine" >/dev/null
  echo "$address $(cut -d' ' -f1,2 "$keys/host.pub")" >>"$keys/known_hosts"
  await 60 ssh_to "$address" true
  ssh_to "$address" "cat >/etc/docker/daemon.json; systemctl start docker" <<<"{\"registry-mirrors\": [$REGISTRY_MIRRORS]}"
}

up() {
  local subnet=$1 workers=$2 boot_s=${4:-0} base manager address token worker
  image=$3 base=${subnet%.*.*} manager=${subnet%.*.*}.1.1
  rm -rf "$keys" && mkdir "$keys" && chmod 0700 "$keys"
  ssh-keygen -q -t ed25519 -N '' -f "$keys/login"
  ssh-keygen -q -t ed25519 -N '' -f "$keys/host"
  docker network create --subnet "$subnet" "$name" >/dev/null
  machine manager-1 "$manager" "$boot_s"
  ssh_to "$manager" docker swarm init --advertise-addr "$manager" >/dev/null
  token=$(ssh_to "$manager" docker swarm join-token --quiet worker)
  for ((worker = 1; worker <= workers; worker++)); do
    address=$base.2.$worker
    machine "worker-$worker" "$address" "$boot_s"
    ssh_to "$address" docker swarm join --token "$token" "$manager:2377" >/dev/null
  done
  ssh_to "$manager" docker network create --driver overlay traefik-public >/dev/null
  openssl req -quiet -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=bench -days 30 \
    -keyout "$keys/key.pem" -out "$keys/cert.pem" 2>/dev/null
  tar -C "$here" -c traefik.stack.yaml -C "$keys" key.pem cert.pem -C "$here/../../components/traefik/files" dynamic.yaml |
    ssh_to "$manager" "mkdir -p /root/stack && tar -C /root/stack -x"
  # shellcheck disable=SC2016 # the names in the file
  sed -e 's/\$network/traefik-public/; s/\$log_level/INFO/; s/\$access_log/null/' "$here/../../components/traefik/files/traefik.yaml" |
    ssh_to "$manager" "cat >/root/stack/traefik.yaml"
  ssh_to "$manager" "cd /root/stack && TRAEFIK_IMAGE=$TRAEFIK_IMAGE docker stack deploy -c traefik.stack.yaml traefik" >/dev/null
  await 120 curl --silent --insecure --fail --output /dev/null "http://$manager:8080/ping"
}

down() {
  docker ps --all --quiet --filter "name=^$name-" | xargs -r docker rm --force --volumes >/dev/null
  docker volume ls --quiet --filter "name=^$name-" | xargs -r docker volume rm >/dev/null
  docker network rm "$name" >/dev/null 2>&1 || true
  rm -rf "$keys"
}

"$verb" "${@:3}"
