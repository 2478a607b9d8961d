#!/usr/bin/env bash
# Runs on a manager: waits until each of the SERVICES runs, healthy and as it is now described, on every machine that it
# fits. Looks are cheap, and whole ones rare while tasks are missing: waits must not keep the machine from starting them.
set -euo pipefail
: "${SERVICES:?}"

patience_s=300
interval_s=0.5
whole_look_s=5 # at the tasks themselves while some are missing
tries=3        # failures of one task since this began, and
give_up_s=20   # this long, before it is given up: a machine that just came up makes some by itself
roll_back_s=60 # Swarm takes less to undo an update, unless it has made two tasks for one place, and waits for both
replace_s=3    # Swarm takes less to find the tasks whose machines other constraints forbid. It leaves all others as they are
began=$(date --utc '+%F %T') # earlier failures, such as of a machine that restarted, say nothing of now

read -ra services <<<"$SERVICES"

fail() { # SERVICE WORD...
  local service=$1
  shift
  echo "$service: $*" >&2
  docker service ps "$service" --no-trunc --format '  {{.Name}} on {{.Node}}: {{.CurrentState}} {{.Error}}' |
    awk '{ print /"[^"]*"$/ && !/no longer meets constraints"$/ ? 0 : 1, $0 }' | sort --stable --key 1,1n | sed -n '1,5s/^. //p' >&2
  echo "  \`docker service logs --tail 50 $service\` on a manager shows what they print" >&2
  exit 1
}

fail_update() { # SERVICE STATE
  fail "$1" "its update did not succeed ($2). Once the cause is gone, \`make up\` tries it again" \
    "(of Pulumi alone: \`pulumi up --refresh\`). The tasks say why:"
}

declare -A since  # when the rollback of a service was first seen
declare -A pushed # services whose rollback Swarm began once more


# push_rollback SERVICE: Swarm removes what is too much at a service's next update, if only that. It forgets then that it has
# undone one, as this script does not.
push_rollback() {
  : "${since[$1]:=$SECONDS}"
  if [ "${pushed[$1]:-}" ] || [ $((SECONDS - since[$1])) -lt "$roll_back_s" ]; then return 0; fi
  if docker service update --detach --quiet "$1" >/dev/null; then pushed[$1]=yes; fi
}

# Not its platforms: the engine adds them to a new service, and an update of it drops them without a new task.
placed='{{with .Placement}}{{json .Constraints}}{{end}}'
described='{{json .ContainerSpec}}{{json .Resources}}'

# A line per service: "S <tab> <name> <tab> <state of its update> <tab> <id> <tab> <constraints> <tab> <description> <tab>
# <whether it is global>"
look_at_services() {
  local template="{{with .Spec.TaskTemplate}}$placed	$described{{end}}"
  docker service inspect "${services[@]}" --format \
    "S	{{.Spec.Name}}	{{with .UpdateStatus}}{{.State}}{{end}}	{{.ID}}	$template	{{if .Spec.Mode.Global}}global{{end}}"
}

# A line per machine: "N <tab> <state> <tab> <availability> <tab> <role>"
look_at_nodes() {
  local ids
  ids=$(docker node ls --quiet)
  # shellcheck disable=SC2086 # ids have no spaces
  docker node inspect --format 'N	{{.Status.State}}	{{.Spec.Availability}}	{{.Spec.Role}}' $ids
}

# A line per task: "T <tab> <id of its service> <tab> <slot, or node> <tab> <desired state> <tab> <state> <tab> <error> <tab> <description>
# <tab> <when it came into that state> <tab> <constraints>"
look_at_tasks() {
  local ids task
  task='{{if .Slot}}{{.Slot}}{{else}}{{.NodeID}}{{end}}	{{.DesiredState}}	{{.Status.State}}	{{.Status.Err}}'
  ids=$(docker service ps "${services[@]}" --quiet --no-trunc)
  [ -n "$ids" ] || return 0
  # Ids have no spaces; a task may be gone by now, and the next look sees what replaced it.
  # shellcheck disable=SC2086
  docker inspect --type task --format "T	{{.ServiceID}}	$task	{{with .Spec}}$described{{end}}	{{.Status.Timestamp}}	{{with .Spec}}$placed{{end}}" $ids 2>/dev/null || true
}

# "R <tab> <name> <tab> <tasks that there have to be>"
look_at_replicas() {
  docker service ls --format 'R	{{.Name}}	{{.Replicas}}' | sed 's/[0-9]*\///; s/ (.*//'
}

# judge < LINES: a line per service: "<name> <healthy tasks> <tasks that there have to be> <verdict>". A task that fails
# again and again is hopeless, unless its node is being promoted, which says nothing. A task that Swarm leaves as it is may
# have older constraints. Of a global service there has to be one on each machine that fits: Swarm counts those alone that
# it has made, and makes that of a new machine a bit later.
judge() {
  awk -F '\t' -v tries="$tries" -v began="$began" -v replaced="$((SECONDS >= replace_s))" '
    function known(where) { return where != "" && where !~ /node\.labels/ } # or else Swarm alone knows
    function fitting(where) {
      if (!known(where)) return 0
      if (where ~ /node\.role==manager/) return machines["manager"]
      if (where ~ /node\.role==worker/) return machines["worker"]
      return machines["manager"] + machines["worker"]
    }
    $1 == "R" {complete[$2] = $3}
    $1 == "N" && $2 == "ready" && $3 == "active" {machines[$4]++}
    $1 == "S" {name[$4] = $2; update[$4] = $3; constraints[$4] = $5; wanted[$4] = $6; where[$4] = $7 == "global" ? $5 : ""}
    $1 == "T" && $7 == wanted[$2] {
      if (replaced < 1 && $9 != constraints[$2]) next
      if ($4 == "running" && $5 == "running") healthy[$2]++
      if ($5 == "running") runs[$2, $3] = 1
      if ($5 ~ /^(failed|rejected)$/ && $8 >= began && $6 !~ /no longer meets constraints/) failures[$2, $3]++
    }
    END {
      for (task in failures) {
        split(task, part, SUBSEP)
        if (failures[task] >= tries && !runs[task]) hopeless[part[1]] = 1
      }
      for (id in name) {
        least = fitting(where[id])
        if (complete[name[id]] < least) complete[name[id]] = least
        verdict = "waits"
        none = known(where[id]) && least == 0 # all workers may be lost
        if (healthy[id] == complete[name[id]] && (healthy[id] > 0 || none)) verdict = "well"
        if (id in hopeless) verdict = "hopeless"
        # A task that goes with its machine before the update has ended would take the whole update back.
        if (update[id] == "updating" && verdict == "well") verdict = "waits"
        if (update[id] ~ /^(paused|rollback_.*)$/) verdict = update[id]
        print name[id], healthy[id] + 0, complete[name[id]] + 0, verdict
      }
    }'
}

# list_services: "<name> <tasks that run>/<tasks that there have to be>" of each
list_services() { docker service ls --format '{{.Name}} {{.Replicas}}'; }

# complete < LIST: whether each service has as many tasks as there have to be; of which description they are, `judge` tells.
complete() {
  awk -v services="$SERVICES" '
    { split($2, tasks, "/"); if (tasks[1] == tasks[2]) full[$1] = 1 }
    END { count = split(services, names, " "); for (i = 1; i <= count; i++) if (!(names[i] in full)) exit 1 }'
}

# gone < LIST: the services that are not there, which waiting does not bring back
gone() { grep -vxF "$(cut -d ' ' -f 1)" < <(printf '%s\n' "${services[@]}") || true; }

deadline=$((SECONDS + patience_s))
looked=$SECONDS
while true; do
  if ! listed=$(list_services); then # managers that have no leader for a moment do not answer
    [ "$SECONDS" -lt "$deadline" ] || exit 1
    sleep "$interval_s"
    continue
  fi
  missing=$(gone <<<"$listed")
  if [ -n "$missing" ]; then
    echo "${missing//$'\n'/, }: not in the swarm any more. \`make up\` makes that again (of Pulumi alone: \`pulumi up --refresh\`)" >&2
    exit 1
  fi
  if [ $((SECONDS - looked)) -lt "$whole_look_s" ] && ! complete <<<"$listed"; then
    sleep "$interval_s"
    continue
  fi
  looked=$SECONDS
  judged=$({ look_at_nodes; look_at_services; look_at_replicas; look_at_tasks; } | judge)
  waiting=0
  while read -r name healthy complete verdict; do
    case "$verdict" in
      well)
        [ -z "${pushed[$name]:-}" ] || fail_update "$name" rollback_completed
        continue
        ;;
      hopeless) [ "$SECONDS" -lt "$give_up_s" ] || fail "$name" "does not start; the tasks say why:" ;;
      rollback_started) push_rollback "$name" ;; # its end is awaited: what is tried again meanwhile may wait for ever
      paused | rollback_*) fail_update "$name" "$verdict" ;;
    esac
    waiting=$((waiting + 1))
    [ "$SECONDS" -lt "$deadline" ] || fail "$name" "$healthy of $complete tasks are healthy after $patience_s s; the tasks say why:"
  done <<<"$judged"
  [ "$waiting" -gt 0 ] || exit 0
  sleep "$interval_s"
done
