#!/usr/bin/env bash
# The yardstick of the bench: what a careful shell script does, one step after the other, on the same machines.
#   script.sh up NAME SUBNET WORKERS    from nothing to Traefik answering
#   script.sh down NAME
set -euo pipefail
verb=$1 name=$2
here=$(cd "$(dirname "$0")" && pwd)
keys=${TMPDIR:-/tmp}/$name-keys

# One connection per machine, which all commands share.
ssh_to() {
  ssh -i "$keys/login" -o UserKnownHostsFile="$keys/known_hosts" -o LogLevel=ERROR -o ConnectTimeout=2 \
    -o ControlMaster=auto -o ControlPath="$keys/%h" -o ControlPersist=30 "root@$1" "${@:2}"
}

# await SECONDS COMMAND...: until the command succeeds, at most that long.
await() {
  local deadline=$((SECONDS + $1))
  until "${@:2}" >/dev/null 2>&1; do
    if [ "$SECONDS" -ge "$deadline" ]; then echo "$name: not so after $1 s: ${*:2}" >&2 && return 1; fi
    sleep 0.1
  done
}

machine() {
  local machine=$1 address=$2
  docker volume create "$name-$machine" >/dev/null
  docker create --name "$name-$machine" --hostname "$machine" --network "$name" --ip "$address" \
    --env container=docker --stop-signal SIGRTMIN+3 --tmpfs /run --tmpfs /tmp:exec \
    --volume "$name-$machine:/var/lib/docker" "${flags[@]}" "$MACHINE_IMAGE" >/dev/null
  docker cp -q "$keys/host" "$name-$machine:/etc/ssh/ssh_host_ed25519_key"
  docker cp -q "$keys/login.pub" "$name-$machine:/root/.ssh/authorized_keys"
  docker start "$name-$machine" >/dev/null
  echo "$address $(cut -d' ' -f1,2 "$keys/host.pub")" >>"$keys/known_hosts"
  await 120 ssh_to "$address" true
  ssh_to "$address" "mkdir -p /etc/docker; cat >/etc/docker/daemon.json; systemctl enable -q docker; systemctl start docker" <<<"$DAEMON_JSON"
}

answers_503() { [ "$(curl --silent --insecure --max-time 5 --output /dev/null --write-out '%{http_code}' "https://$1/")" = 503 ]; }

up() {
  : "${MACHINE_IMAGE:?}" "${MACHINE_FLAGS:?}" "${DAEMON_JSON:?}" "${TRAEFIK_IMAGE:?}" # MACHINE_FLAGS: of `docker run`, one a line
  local subnet=$1 workers=$2 base manager address token worker
  mapfile -t flags <<<"$MACHINE_FLAGS"
  base=${subnet%.*.*} manager=${subnet%.*.*}.1.1
  rm -rf "$keys"
  (umask 077 && mkdir -p "$keys")
  ssh-keygen -q -t ed25519 -N '' -f "$keys/login"
  ssh-keygen -q -t ed25519 -N '' -f "$keys/host"
  docker network create --subnet "$subnet" "$name" >/dev/null

  machine manager-1 "$manager"
  ssh_to "$manager" docker swarm init --advertise-addr "$manager" >/dev/null
  token=$(ssh_to "$manager" docker swarm join-token --quiet worker)
  for ((worker = 1; worker <= workers; worker++)); do
    address=$base.2.$worker
    machine "worker-$worker" "$address"
    ssh_to "$address" docker swarm join --token "$token" "$manager:2377" >/dev/null
  done

  ssh_to "$manager" docker network create --driver overlay traefik-public >/dev/null
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=bench -days 30 \
    -keyout "$keys/key.pem" -out "$keys/cert.pem" 2>/dev/null
  local files=$here/../../components/traefik/files
  # shellcheck disable=SC2016  # the names in the file
  sed -e 's/\$network/traefik-public/; s/\$log_level/INFO/; s/\$access_log/null/' "$files/traefik.yaml" >"$keys/traefik.yaml"
  tar -c -C "$keys" key.pem cert.pem traefik.yaml -C "$files" dynamic.yaml -C "$here" traefik.stack.yaml |
    ssh_to "$manager" "mkdir /root/stack && tar -x -C /root/stack"
  ssh_to "$manager" "cd /root/stack && TRAEFIK_IMAGE=$TRAEFIK_IMAGE docker stack deploy -c traefik.stack.yaml traefik" >/dev/null
  await 120 answers_503 "$manager"
}

down() {
  local connection
  for connection in "$keys"/*.*.*.*; do # else it would stay for ControlPersist
    if [ -S "$connection" ]; then ssh -q -o ControlPath="$connection" -O exit -- machine || true; fi
  done
  docker ps --all --quiet --filter "name=^$name-" | xargs --no-run-if-empty docker rm --force --volumes >/dev/null
  docker volume ls --quiet --filter "name=^$name-" | xargs --no-run-if-empty docker volume rm >/dev/null
  docker network ls --quiet --filter "name=^$name\$" | xargs --no-run-if-empty docker network rm >/dev/null
  rm -rf "$keys"
}

"$verb" "${@:3}"
