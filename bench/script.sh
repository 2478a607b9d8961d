#!/usr/bin/env bash
# The baseline of the bench: what a careful shell script does, one step after the other, on the same machines.
#   script.sh up NAME SUBNET WORKERS    from nothing to a whole target that answers
#   script.sh down NAME
set -euo pipefail
verb=$1 name=$2
here=$(cd "$(dirname "$0")" && pwd)
keys=${TMPDIR:-/tmp}/$name-keys
services=11

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

# machine NAME ADDRESS DAEMON_JSON: a machine with its firewall and its engine.
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
  ssh_to "$address" 'mkdir -p /etc/docker && cat >/etc/docker/daemon.json' <<<"$3"
  ssh_to "$address" 'cat >/etc/firewall.nft' <<<"$FIREWALL"
  if [ "$machine" = manager-1 ]; then
    certificates "$address"
    tar -c -C "$keys" ca.pem cert.pem key.pem | ssh_to "$address" 'mkdir -p /etc/docker/tls && tar -x -C /etc/docker/tls'
  fi
  ssh_to "$address" bash -s <<'END'
set -euo pipefail
packages=(curl nftables nfs-common)
command -v docker >/dev/null || packages+=(docker.io) # else the engine that the machine has
dpkg --status "${packages[@]}" >/dev/null 2>&1 || { apt-get update -qq && apt-get install -qq -y "${packages[@]}" >&2; }
cat >/etc/systemd/system/firewall.service <<UNIT
[Unit]
DefaultDependencies=no
Before=network-pre.target
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/sbin/nft --file /etc/firewall.nft
[Install]
WantedBy=sysinit.target
UNIT
mkdir -p /etc/systemd/system/docker.service.d
printf '[Service]\nExecStart=\nExecStart=%s\n' "$(command -v dockerd)" >/etc/systemd/system/docker.service.d/hosts.conf
sysctl --quiet net.ipv4.ip_local_port_range='32768 60999' net.ipv4.ip_local_reserved_ports=33333
systemctl daemon-reload
systemctl enable -q firewall docker
systemctl start firewall docker
END
}

# certificates ADDRESS: of Docker's API there, and of its clients.
certificates() {
  (
    cd "$keys"
    openssl req -x509 "${new_key[@]}" -subj /CN=ca -days 3650 -keyout ca-key.pem -out ca.pem
    local who
    for who in "cert serverAuth IP:$1" "client clientAuth DNS:client" "nuvla clientAuth DNS:nuvla"; do
      read -r who use names <<<"$who"
      openssl req "${new_key[@]}" -subj "/CN=$who" -keyout "$who.key" -out "$who.csr"
      openssl x509 -req -in "$who.csr" -CA ca.pem -CAkey ca-key.pem -CAcreateserial -days 730 -out "$who.pem" \
        -extfile <(printf 'extendedKeyUsage=%s\nsubjectAltName=%s\n' "$use" "$names")
    done
    mv cert.key key.pem
  ) 2>/dev/null
}

# nfs_server MANAGER ADDRESS...: the folder, for those addresses.
nfs_server() {
  local manager=$1 address clients=''
  shift
  for address in "$@"; do clients+="CLIENT { Clients = $address; Access_Type = RO; }"$'\n'; done
  ssh_to "$manager" 'cat >/root/ganesha.conf' <<<"${GANESHA/'# clients'/"$clients"}"
  ssh_to "$manager" bash -s <<'END'
set -euo pipefail
packages=(nfs-ganesha nfs-ganesha-vfs rpcbind)
dpkg --status "${packages[@]}" >/dev/null 2>&1 || { apt-get update -qq && apt-get install -qq -y "${packages[@]}" >&2; }
mkdir -p /etc/ganesha
mv /root/ganesha.conf /etc/ganesha/ganesha.conf
install -d -m 0777 -o nobody -g nogroup /var/lib/docker/nfs /nfs-root
echo '/var/lib/docker/nfs /nfs-root none bind 0 0' >>/etc/fstab
mount /nfs-root
systemctl enable -q rpcbind nfs-ganesha
systemctl restart nfs-ganesha
until ss -lnt | grep -q ':2049 '; do sleep 0.1; done
END
}

# stack_files MANAGER: what the stacks read, into /root/stack there.
stack_files() {
  local stack=$keys/stack password
  mkdir "$stack"
  cp -R "$here/stacks/." "$stack"
  (cd "$here/.." && python -m bench.rendered_files "$stack")
  (
    cd "$stack"
    password=$(openssl rand -hex 16 | tee traefik-metrics-password)
    printf 'prometheus:%s\n' "$(openssl passwd -apr1 "$password")" | tee metrics-users >prometheus-users
    for secret in grafana-admin-password s3-access-key s3-secret-key; do openssl rand -hex 16 | tr -d '\n' >"$secret"; done
    openssl req -x509 "${new_key[@]}" -subj /CN=bench -addext "subjectAltName=IP:$1" -days 365 \
      -keyout traefik.key -out traefik.pem 2>/dev/null
    { export -p | grep ' IMAGE_' && echo "export MANAGER=$1"; } >environment
  )
  tar -c -C "$keys" stack | ssh_to "$1" 'tar -x -C /root'
}

runs() { # MANAGER: whether all tasks of all services do
  ssh_to "$1" docker service ls --format '{{.Replicas}}' |
    awk -F '[/ ]' -v services="$services" '$1 == $2 && $2 > 0 {well++} END {exit well != services}'
}

# answers CODE URL
answers() { [ "$(curl --silent --insecure --noproxy '*' --max-time 5 --output /dev/null --write-out '%{http_code}' "$2")" = "$1" ]; }

up() {
  # MACHINE_FLAGS: of `docker run`, one a line. IMAGE_<KEY>: as in the settings.
  : "${MACHINE_IMAGE:?}" "${MACHINE_FLAGS:?}" "${MANAGER_JSON:?}" "${WORKER_JSON:?}" "${FIREWALL:?}" "${GANESHA:?}" "${IMAGE_TRAEFIK:?}"
  local subnet=$1 workers=$2 base manager address token worker stack
  new_key=(-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes)
  mapfile -t flags <<<"$MACHINE_FLAGS"
  base=${subnet%.*.*} manager=${subnet%.*.*}.1.1
  rm -rf "$keys"
  (umask 077 && mkdir -p "$keys")
  ssh-keygen -q -t ed25519 -N '' -f "$keys/login"
  ssh-keygen -q -t ed25519 -N '' -f "$keys/host"
  docker network create --subnet "$subnet" "$name" >/dev/null

  machine manager-1 "$manager" "$MANAGER_JSON"
  ssh_to "$manager" docker swarm init --advertise-addr "$manager" --default-addr-pool 10.201.0.0/16 >/dev/null
  token=$(ssh_to "$manager" docker swarm join-token --quiet worker)
  addresses=("$manager")
  for ((worker = 1; worker <= workers; worker++)); do
    address=$base.2.$worker
    machine "worker-$worker" "$address" "$WORKER_JSON"
    ssh_to "$address" docker swarm join --token "$token" "$manager:2377" >/dev/null
    addresses+=("$address")
  done
  nfs_server "$manager" "${addresses[@]}"

  ssh_to "$manager" docker network create --driver overlay traefik-public >/dev/null
  ssh_to "$manager" docker network create --driver overlay nuvla-swarm-web >/dev/null
  ssh_to "$manager" docker network create --driver overlay --internal docker-api >/dev/null
  ssh_to "$manager" docker network create --driver overlay monitoring >/dev/null
  stack_files "$manager"
  for stack in socket-proxy traefik s3 monitoring; do
    ssh_to "$manager" "cd /root/stack && . ./environment && docker stack deploy -c $stack.stack.yaml $stack" >/dev/null
  done
  await 300 runs "$manager"
  await 120 answers 200 "https://$manager:9000/health"
  await 120 answers 200 "https://$manager/grafana/api/health"
  await 120 answers 401 "https://$manager/prometheus/"
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
