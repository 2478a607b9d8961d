#!/usr/bin/env bash
# Functions of scripts that change the nodes of a swarm. They run on a manager.
set -euo pipefail

patience_s=60
interval_s=0.2

node() { docker node inspect "$1" --format "{{$2}}"; }
known() { docker node inspect "$1" >/dev/null 2>&1; }
own_id() { docker info --format '{{.Swarm.NodeID}}'; }

# await SECONDS COMMAND...: polls for that long at the most
await() {
  local deadline=$((SECONDS + $1))
  shift
  until "$@"; do
    [ "$SECONDS" -lt "$deadline" ] || return 1
    sleep "$interval_s"
  done
}

# update_node NAME ID OPTION...: again if somebody else's update came between, or while there is no leader.
update_node() {
  local name=$1 id=$2 answer deadline=$((SECONDS + patience_s))
  shift 2
  until answer=$(docker node update "$@" "$id" 2>&1); do
    if [[ ! $answer =~ "update out of sequence"|leader || $SECONDS -ge $deadline ]]; then
      echo "$name: $answer" >&2
      return 1
    fi
    sleep "$interval_s"
  done
}

# is_dead STATE: other states may be those of a node that lives; after an election, all are unknown for a while.
is_dead() { [[ $1 =~ ^(down|disconnected)$ ]]; }
state_of() { node "$1" .Status.State 2>/dev/null; }
is_ready() { [ "$(state_of "$1")" = ready ]; }
# running tasks|jobs ID: a line per task that runs there, of services or of jobs: "<name> <image> Running <since when>". Swarm
# wants that of a job to be "Complete", also on a drained node, as it stops no jobs (moby/swarmkit, manager/orchestrator/jobs).
running() {
  local all
  all=$(docker node ps "$2" --format '{{.DesiredState}}|{{.CurrentState}}|{{.Name}} {{.Image}}') || return 1
  awk -F '|' -v kind="$1" '$2 ~ /^Running/ && ($1 == "Complete") == (kind == "jobs") { print $3, $2 }' <<<"$all"
}
is_idle() {
  local tasks
  tasks=$(running tasks "$1") && [ -z "$tasks" ]
}
# What runs on a machine that does not answer is its own matter; it may fall silent while others wait for it.
is_at_rest() { is_dead "$(state_of "$1")" || is_idle "$1"; }
# A manager that has been demoted is a member of the raft group for a while.
is_worker() { [ "$(node "$1" '.Spec.Role}} {{with .ManagerStatus}}{{.Reachability}}{{end')" = "worker " ]; }

# longest_stop_s ID: for how long the tasks on it may take to stop, by their own services.
longest_stop_s() {
  local services
  services=$(docker node ps "$1" --filter desired-state=running --format '{{.Name}}' | sed 's/\.[^.]*$//' | sort -u)
  # shellcheck disable=SC2086 # names have no spaces; a service may be gone by now
  { [ -z "$services" ] || docker service inspect $services \
    --format '{{with .Spec.TaskTemplate.ContainerSpec.StopGracePeriod}}{{.Seconds}}{{end}}' 2>/dev/null || true; } |
    awk '{ if ($1 > most) most = $1 } END { print int(most + 0.999) }'
}

# drain_node NAME ID: it has no tasks, unless it is dead.
drain_node() {
  local wait_s
  wait_s=$((patience_s + $(longest_stop_s "$2")))
  update_node "$1" "$2" --availability drain
  if ! await "$wait_s" is_at_rest "$2"; then
    echo "$1: still runs after $wait_s s:" >&2
    running tasks "$2" >&2
    return 1
  fi
  { running jobs "$2" || true; } | awk -v machine="$1" '{
    print machine ": the job " $1 " runs until it ends or the machine does, as Swarm stops no jobs on a drained node"
  }' >&2
}

# demote_node NAME ID: it is a worker for all managers. Of a swarm that was started anew from one manager alone, the others
# are managers that have no vote, which cannot be demoted and may be removed.
demote_node() {
  local answer
  if [ "$(node "$2" .Spec.Role)" = manager ] && ! answer=$(update_node "$1" "$2" --role worker 2>&1); then
    if [[ $answer == *"raft memberlist"* ]]; then return 0; fi
    echo "$answer" >&2
    return 1
  fi
  await "$patience_s" is_worker "$2" || { echo "$1: is still a manager after $patience_s s" >&2 && return 1; }
}

# forget_node NAME ID: whatever state it is in, the swarm does not know it any more.
forget_node() {
  local answer
  demote_node "$1" "$2"
  answer=$(docker node rm --force "$2" 2>&1) || [[ $answer == *"not found"* ]] || { echo "$1: $answer" >&2 && return 1; }
}

# await_nodes: the ids of all nodes. While managers restart or go, there may be no leader for some seconds.
await_nodes() {
  local answer deadline=$((SECONDS + patience_s))
  until answer=$(docker node ls --quiet 2>&1); do
    if [ "$SECONDS" -ge "$deadline" ]; then echo "$answer" >&2 && return 1; fi
    sleep "$interval_s"
  done
  echo "$answer"
}

# list_nodes: a line per node: "<id> <state> <machine by its label NAME_LABEL, or -> <hostname>". After an election, once the
# new leader has heard of the living nodes, and calls the others down: before, none would seem ready, and none dead.
list_nodes() {
  local nodes deadline=$((SECONDS + patience_s))
  while true; do
    nodes=$(nodes_now) || return
    if [ "$SECONDS" -ge "$deadline" ] || ! grep -q '^[^ ]* unknown ' <<<"$nodes"; then break; fi
    sleep "$interval_s"
  done
  echo "$nodes"
}

# nodes_now: the lines of list_nodes, whatever their states
nodes_now() {
  local ids
  ids=$(await_nodes) || return
  # shellcheck disable=SC2086 # ids have no spaces
  docker node inspect $ids --format \
    "{{.ID}} {{.Status.State}} {{with index .Spec.Labels \"$NAME_LABEL\"}}{{.}}{{else}}-{{end}} {{.Description.Hostname}}"
}

# namesakes NAME ID: a line per node that was the machine NAME before it was ID: "<id> <state>". Of nodes that this program
# has not labelled, those that are dead.
namesakes() {
  local nodes id state machine hostname
  nodes=$(list_nodes)
  while read -r id state machine hostname; do
    if [ "$id" = "$2" ] || [ "$id" = "$(own_id)" ]; then continue; fi
    case "$machine $hostname" in
      "$1 "*) ;;
      "- $1") is_dead "$state" || continue ;;
      *) continue ;;
    esac
    echo "$id $state"
  done <<<"$nodes"
}
