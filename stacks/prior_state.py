"""The state of the stack before an update, read so that the update loses no swarm, machine or data."""

import asyncio
import os
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pulumi

from components.engine.operators import CERT_SUFFIX
from components.generations import FIRST
from components.kept_outputs import STASH, with_kept_outputs
from components.machines.cluster import LOGIN_KEY, MADE, STACK_LABEL
from components.machines.lost_commands import FormerCommand
from components.machines.owner import ID_LABEL, KIND
from components.machines.prior_state import Block, PriorState
from components.machines.ssh_settings import key_of
from components.machines.volume import MOVES_SUFFIX, Move
from components.swarm.membership import RENEWALS_SUFFIX
from stacks import prior_outputs

SILENT = "NUVLA_SWARM_SILENT"  # of the environment: names of machines that did not answer `make`
EMPTIED = "NUVLA_SWARM_EMPTIED"  # the same: names of machines that an update has drained that did not end
OUTPUTS = "pulumi:pulumi:readStackResourceOutputs"  # a function of Pulumi's engine: needs no provider
ATTEMPTS, PAUSE_S = 20, 0.1
CLUSTER = re.compile(r"nuvla:machines:\w+Cluster")  # types of the clusters of all providers
SWARM = "nuvla:swarm:Swarm"
ENGINE = "nuvla:engine:Engine"
COMMAND = "command:remote:Command"
MEMBERSHIP = "nuvla:swarm:Membership"
INSTANCE = "exoscale:index/computeInstance:ComputeInstance"
SSH_KEY = "exoscale:index/sshKey:SshKey"
RULE = "exoscale:index/securityGroupRule:SecurityGroupRule"
VOLUME = "docker:index/volume:Volume"
NETWORK = "docker:index/network:Network"
# Machines and their disks: if one of these is not in the state, its machine or the disk of its machine is gone.
MACHINES = ("docker:index/container:Container", INSTANCE)
MACHINE_PARTS = (*MACHINES, VOLUME)
DATA_FOLDER = "nuvla:storage:DataVolume"
VOLUME_SUFFIX = "-volume"  # of logical names of data volumes
PRIVATE_KEY = "tls:index/privateKey:PrivateKey"
OPERATORS = "operators-"  # begins the logical names of certificates of named operators
CERTIFICATES = "nuvla:engine:Certificates"
CERTIFICATE = "tls:index/locallySignedCert:LocallySignedCert"
BLOCK = "exoscale:index/blockStorageVolume:BlockStorageVolume"


async def read() -> PriorState:
    """Return the state of the current stack, and the machines that `make` found silent or emptied.

    Errors: `pulumi.RunError`, if the state cannot be read.
    Source: pulumi/pulumi, pkg/resource/deploy/builtins.go. Takes some milliseconds, and connects to no machine.
    """
    name = f"{pulumi.get_organization()}/{pulumi.get_project()}/{pulumi.get_stack()}"
    for attempt in range(1, ATTEMPTS + 1):
        try:
            answer = await pulumi.runtime.invoke_async(OUTPUTS, {"stackName": name})
        except Exception as error:
            # Beside a state file is a file of its attributes, which Pulumi rewrites in place (google/go-cloud,
            # blob/fileblob/attrs.go). A read at that moment finds no attributes and fails, so the program tries again.
            if attempt == ATTEMPTS or "failed to load checkpoint" not in str(error):
                raise pulumi.RunError(f"the state of {name} cannot be read: {error}") from error
            await asyncio.sleep(PAUSE_S)
        else:
            break
    return replace(parse((answer or {}).get("outputs") or {}), silent=_told(SILENT), emptied=_told(EMPTIED))


def _told(variable: str) -> frozenset[str]:
    """Return the names of machines that `make` has put into a variable of the environment."""
    return frozenset(os.environ.get(variable, "").split())


def parse(resources: Mapping[str, Mapping[str, Any]]) -> PriorState:
    """Return the state that the types and outputs of resources describe; `resources` maps URNs to resources."""
    by_type: dict[str, dict[str, Mapping[str, Any]]] = {}
    for urn, resource in with_kept_outputs(resources.items()):
        by_type.setdefault(resource["type"], {})[urn.rpartition("::")[2]] = resource.get("outputs") or {}
    commands = {
        urn: resource.get("outputs") or {} for urn, resource in resources.items() if resource["type"] == COMMAND
    }
    clusters = [outputs for kind in by_type if CLUSTER.fullmatch(kind) for outputs in by_type[kind].values()]
    cluster = clusters[0] if clusters else {}
    stashes = {name: outputs["input"] for name, outputs in by_type.get(STASH, {}).items() if "input" in outputs}
    made = stashes.get(MADE) or {}
    login_generation = int(cluster.get("login_generation") or 1)
    login_key = FIRST.name(f"cluster-{LOGIN_KEY}", login_generation)
    swarm = next(iter(by_type.get(SWARM, {}).values()), {})
    issued = next(iter(by_type.get(CERTIFICATES, {}).values()), {})
    machine_parts = {name for kind in MACHINE_PARTS for name in by_type.get(kind, {})}
    hosts = prior_outputs.hosts(by_type.get(COMMAND, {}))
    names = frozenset(name for outputs_by_name in by_type.values() for name in outputs_by_name)
    attached = {name: outputs.get("blockStorageVolumeIds") or () for name, outputs in by_type.get(INSTANCE, {}).items()}
    return PriorState(
        kind=stashes.get(KIND),
        stack=prior_outputs.labelled(by_type.get(NETWORK, {}).values()).get(STACK_LABEL),
        provider=cluster.get("provider"),
        network=cluster.get("network"),
        hosts=hosts,
        systems=prior_outputs.systems(by_type.get(INSTANCE, {})),
        disks={name: int(outputs.get("diskSize") or 0) for name, outputs in by_type.get(INSTANCE, {}).items()},
        lost=frozenset(cluster.get("lost") or ()),
        recreations={name: int(count) for name, count in (cluster.get("made_anew") or {}).items()},
        protected=frozenset([*(cluster.get("protected") or ()), *(made.get("protected") or ())]),
        retains_volumes=bool(cluster.get("keep_volumes") and made.get("keep_volumes")),
        api_manager=swarm.get("entry"),
        ranges=(list(swarm["address_pools"]), int(swarm["subnet_prefix"])) if "address_pools" in swarm else None,
        networks={
            name.removesuffix("-network"): (
                outputs["name"],
                bool(outputs.get("attachable")),
                bool(outputs.get("internal")),
            )
            for name, outputs in by_type.get(NETWORK, {}).items()
            if outputs.get("driver") == "overlay"
        },
        unmarked=tuple(
            sorted(
                outputs["id"]
                for outputs in by_type.get(NETWORK, {}).values()
                if outputs.get("driver") == "overlay"
                and outputs.get("id")
                and ID_LABEL not in prior_outputs.labelled([outputs])
            )
        ),
        engines=prior_outputs.engines(by_type.get(ENGINE, {}), by_type.get(COMMAND, {})),
        members={
            name: member
            for name, member in prior_outputs.members(by_type.get(COMMAND, {})).items()
            if set(by_type.get(MEMBERSHIP, {}).get(f"{name}-membership", {}).get("goes_with") or ()) <= machine_parts
        },
        blocks={
            name.removesuffix(VOLUME_SUFFIX): Block(
                id=outputs.get("id") or "",
                zone=outputs.get("zone") or "",
                machine=next((machine for machine, ids in attached.items() if outputs.get("id") in ids), None),
            )
            for name, outputs in {**by_type.get(BLOCK, {}), **by_type.get(VOLUME, {})}.items()
            if name.endswith(VOLUME_SUFFIX)
        },
        folders={
            name.removesuffix("-data"): outputs["machine"]
            for name, outputs in by_type.get(DATA_FOLDER, {}).items()
            if "machine" in outputs
        },
        moves={
            name.removesuffix(MOVES_SUFFIX): Move(count=int(move["count"]), place=move["place"])
            for name, move in stashes.items()
            if name.endswith(MOVES_SUFFIX)
        },
        machines=frozenset(hosts).union(*(by_type.get(kind, {}) for kind in MACHINES)),
        commands={
            urn.rpartition("::")[2]: FormerCommand(
                urn=urn,
                host=outputs["connection"]["host"],
                has_delete=bool(outputs.get("delete")),
                host_key=outputs["connection"].get("hostKey") or "",
            )
            for urn, outputs in commands.items()
            if outputs.get("connection")
        },
        names=names,
        login_key=by_type.get(PRIVATE_KEY, {}).get(login_key, {}).get("publicKeyOpenssh"),
        login_generation=login_generation,
        host_keys=prior_outputs.host_keys(by_type.get(PRIVATE_KEY, {})),
        retired_keys=tuple(cluster.get("retired_keys") or ()),
        public_key=next(
            (key_of(outputs["publicKey"]) for outputs in by_type.get(SSH_KEY, {}).values() if "publicKey" in outputs),
            None,
        ),
        management=prior_outputs.reaching_ssh(by_type.get(RULE, {}).values()),
        operator_ends={
            name.removeprefix(OPERATORS).removesuffix(CERT_SUFFIX): outputs["validityEndTime"]
            for name, outputs in by_type.get(CERTIFICATE, {}).items()
            if name.startswith(OPERATORS) and outputs.get("validityEndTime")
        },
        unnumbered_ca=int(issued.get("unnumbered") or issued.get("generation") or 0) or None,
        nuvla_certificate_end=by_type.get(CERTIFICATE, {}).get("certificates-nuvla-cert", {}).get("validityEndTime"),
        renewals={
            name.removesuffix(RENEWALS_SUFFIX): int(count)
            for name, count in stashes.items()
            if name.endswith(RENEWALS_SUFFIX)
        },
        unanswered=prior_outputs.unanswered(by_type.get(COMMAND, {})),
    )
