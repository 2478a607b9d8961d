"""The check of block storage that a stack imports."""

import re
from collections.abc import Iterator, Mapping, Sequence

import pulumi
import pulumiverse_exoscale as exoscale

from components.errors import refusal
from components.machines.error_hints import error_hint
from components.machines.exoscale.error_hints import HINTS
from components.machines.volume import VolumeSpec


def look(
    names: Sequence[str], wanted: Mapping[str, VolumeSpec], zones: Mapping[str, str], cloud: exoscale.Provider
) -> None:
    """Asks Exoscale about the volumes of these names; `zones` are those of the machines.

    Errors: `pulumi.RunError`, when one cannot be taken over: the import would say so too late, and spoil the state.
    """
    lines = [line for name in names for line in _unfit(name, wanted[name], zones[wanted[name].machine], cloud)]
    if lines:
        raise refusal(f"what is there cannot be taken over, {len(lines)} reason(s)", lines)


def _unfit(name: str, wanted: VolumeSpec, zone: str, cloud: exoscale.Provider) -> Iterator[str]:
    given = f"volumes.{name}.import_id: {wanted.id} given; allowed: "
    try:
        found = exoscale.get_block_storage_volume(id=wanted.id, zone=zone, opts=pulumi.InvokeOptions(provider=cloud))
    except Exception as error:
        text = str(error)
        if re.search(r"GetBlockStorageVolume: http response: Not Found|unable to parse volume ID", text):
            yield f"{given}the id of block storage in zone {zone}, as `make down` told it, or none"
        elif pulumi.runtime.is_dry_run():  # by somebody without a key
            pulumi.log.warn(
                f"volumes.{name}.import_id: Exoscale was not asked whether {wanted.id} can be taken over: {text}"
            )
        else:
            yield f"volumes.{name}.import_id: not looked up; {error_hint([text], HINTS) or text}"
        return
    if found.instance:
        yield f"{given}a volume that is attached to no instance, unlike this one: `make down`, kept, where it is used"
    if wanted.size_gib > found.size:
        yield f"volumes.{name}.size_gib: {wanted.size_gib} given; allowed: at most {found.size}, which that volume has"
