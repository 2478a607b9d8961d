"""What settings would destroy although nobody said so, by the state: refused before anything is touched, also previews.

Pulumi itself would tell by a line among hundreds of a preview, or when half of the update is done.
"""

import re
from collections.abc import Collection, Iterator, Mapping

import pulumi
import pulumiverse_exoscale as exoscale

from components.machines.advice import advice
from components.machines.exoscale_advice import ADVICE
from components.machines.volume import VolumeArgs
from stacks import state
from stacks.configuration import NAMESPACE

# Of block storage, as pulumiverse-exoscale 0.66.1 has them: terraform-provider-exoscale 0.66.0, pkg/config/config.go.
ZONES = ("ch-gva-2", "ch-dk-2", "at-vie-1", "at-vie-2", "de-fra-1", "bg-sof-1", "de-muc-1", "hr-zag-1")
ANOTHER = (
    "to take that one over instead, this infrastructure has to be without its own: `volumes.keep: true`, `make up`, "
    "`make down`, and then this"
)


def adopted(volumes: Mapping[str, VolumeArgs], known: Collection[state.Resource]) -> tuple[list[str], list[str]]:
    """Names of the volumes that are to be imported now, since the state has none yet; and mistakes."""
    own, due, mistakes = state.volumes(known), [], []
    for name, wanted in volumes.items():
        if wanted.id is None:
            continue
        given = f"volumes.{name}.id: {wanted.id} given; allowed: "
        if name not in own:
            due.append(name)
        elif "id" not in own[name].outputs:
            mistakes.append(f"{given}nothing before a `pulumi refresh`, as the state has a volume that is not there")
        elif own[name].outputs["id"] != wanted.id:
            mistakes.append(f"{given}{own[name].outputs['id']}, which this infrastructure has, or none; {ANOTHER}")
    return due, mistakes


def placed(
    volumes: Mapping[str, VolumeArgs], zones: Mapping[str, str], known: Collection[state.Resource]
) -> Iterator[str]:
    """Block storage that cannot be where its machine is: in another zone it would be made anew, empty."""
    own = state.volumes(known)
    for name, wanted in volumes.items():
        zone = zones[wanted.machine]
        has = own[name].outputs.get("zone") if name in own else None
        if not wanted.block:
            continue
        if has is not None and has != zone:
            yield (
                f"volumes.{name}: on {wanted.machine}, which is in zone {zone}; allowed: a machine in {has}, "
                "where its block storage is, as that cannot follow"
            )
        elif zone not in ZONES:
            listed = ", ".join(ZONES)
            yield f"volumes.{name}: on {wanted.machine}, which is in zone {zone}; allowed on block storage: {listed}"


def lost(wanted: Collection[str], known: Collection[state.Resource]) -> Iterator[str]:
    """What is protected and would be destroyed; `wanted` has the logical names of all that shall be there."""
    gone = [name for name in state.protected(known) if name not in wanted]
    if gone:
        yield (
            f"machines: {', '.join(gone)} would be destroyed, and protected by the last update; allowed: to keep that, "
            "or first an update with machines.protect and machines.destroy_protected false"
        )


def unfit(name: str, wanted: VolumeArgs, zone: str, cloud: exoscale.Provider) -> Iterator[str]:
    """Why a volume of Exoscale cannot be taken over: the import itself would say so too late, and spoil the state."""
    given = f"volumes.{name}.id: {wanted.id} given; allowed: "
    try:
        found = exoscale.get_block_storage_volume(id=wanted.id, zone=zone, opts=pulumi.InvokeOptions(provider=cloud))
    except Exception as error:
        text = str(error)
        if re.search(r"GetBlockStorageVolume: http response: Not Found|unable to parse volume ID", text):
            yield f"{given}the id of block storage in zone {zone}, as `make down` told it, or none"
        else:
            yield f"volumes.{name}.id: not looked up; {advice([text], ADVICE) or text}"
        return
    if found.instance:
        yield f"{given}a volume that is attached to no instance, unlike this one: `make down`, kept, where it is used"
    if wanted.size_gib > found.size:
        yield f"volumes.{name}.size_gib: {wanted.size_gib} given; allowed: at most {found.size}, which that volume has"


def refuse(mistakes: Collection[str]) -> None:
    """Ends the program if there are any."""
    if mistakes:
        listed = "\n".join(f"  {NAMESPACE}:{line}" for line in mistakes)
        raise pulumi.RunError(f"the configuration of this stack has {len(mistakes)} mistake(s):\n{listed}")
