#!/usr/bin/env bash
# The first manager of a swarm with another manager, a worker and a dead one.
set -euo pipefail

systemctl enable --quiet --now docker.service
node() { # ID NAME ROLE STATE
  local manager=''
  [ "$3" = worker ] || manager='"ManagerStatus": {"Reachability": "reachable", "Addr": "10.0.0.1:2377"},'
  cat <<EOF
{
  "ID": "$1", "Version": {"Index": 1}, $manager
  "Spec": {"Role": "$3", "Availability": "active", "Labels": {"nuvla-swarm.machine": "$2", "old": "1"}},
  "Description": {"Hostname": "$2", "Engine": {"EngineVersion": "20.10.24"}},
  "Status": {"State": "$4", "Addr": "10.0.0.1"}
}
EOF
}
cat >/var/lib/docker/state.json <<EOF
{
  "swarm": {
    "LocalNodeState": "active", "ControlAvailable": true, "NodeID": "n1",
    "Cluster": {"ID": "swarm-0", "DefaultAddrPool": ["10.201.0.0/16"], "SubnetSize": 24, "Version": {"Index": 1}}
  },
  "nodes": [
    $(node n1 manager-1 manager ready), $(node n2 worker-1 worker ready),
    $(node n3 manager-2 manager ready), $(node n4 worker-3 worker down)
  ],
  "networks": [
    {
      "Id": "b1", "Name": "traefik-public", "Scope": "swarm", "Attachable": true, "Internal": false,
      "Labels": {"io.nuvla.swarm.stack": "nuvla-swarm/test"}
    }
  ],
  "services": [
    {
      "ID": "s1", "Version": {"Index": 1},
      "Spec": {
        "Name": "web", "Labels": {"io.nuvla.swarm.stack": "of somebody else"}, "Mode": {"Replicated": {"Replicas": 1}},
        "TaskTemplate": {
          "ContainerSpec": {"Image": "web:1"}, "Resources": {}, "Placement": {"Constraints": []},
          "Networks": [{"Target": "b1"}]
        }
      },
      "ServiceStatus": {"RunningTasks": 1, "DesiredTasks": 1, "CompletedTasks": 0}
    },
    {
      "ID": "s2", "Version": {"Index": 1},
      "Spec": {
        "Name": "s3", "Labels": {"io.nuvla.swarm.stack": "nuvla-swarm/test"}, "Mode": {"Replicated": {"Replicas": 1}},
        "TaskTemplate": {
          "ContainerSpec": {
            "Image": "s3:1", "Mounts": [{"Type": "bind", "Source": "/nfs-root", "Target": "/data"}]
          },
          "Resources": {}, "Placement": {"Constraints": ["node.labels.nuvla-swarm.machine==manager-2"]}
        }
      },
      "ServiceStatus": {"RunningTasks": 1, "DesiredTasks": 1, "CompletedTasks": 0}
    }
  ],
  "tasks": [
    {
      "ID": "t1", "ServiceID": "s1", "NodeID": "n1", "Slot": 1, "DesiredState": "running",
      "Spec": {"ContainerSpec": {"Image": "web:1"}, "Resources": {}, "Placement": {"Constraints": []}},
      "Status": {"State": "running", "Timestamp": "2026-01-01T00:00:00Z"}, "CreatedAt": "2026-01-01T00:00:00Z"
    },
    {
      "ID": "t2", "ServiceID": "s2", "NodeID": "n3", "Slot": 1, "DesiredState": "running",
      "Spec": {"ContainerSpec": {"Image": "s3:1"}, "Resources": {}},
      "Status": {"State": "running", "Timestamp": "2026-01-01T00:00:00Z"}, "CreatedAt": "2026-01-01T00:00:00Z"
    }
  ]
}
EOF
