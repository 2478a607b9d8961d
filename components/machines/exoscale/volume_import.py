"""Checks of block storage before a stack imports it."""

import re
from collections.abc import Iterator, Mapping, Sequence

import pulumi
import pulumiverse_exoscale as exoscale

from components.errors import count, refusal
from components.machines.error_hints import error_hint
from components.machines.exoscale.error_hints import HINTS
from components.machines.volume import VolumeSpec


def check_imports(
    names: Sequence[str], volumes: Mapping[str, VolumeSpec], zones: Mapping[str, str], cloud: exoscale.Provider
) -> None:
    """Ask Exoscale whether the volumes of these names can be imported; `zones` has the zone of each machine.

    Errors: `pulumi.RunError` if a volume cannot be imported: the import itself would fail late and spoil the state.
    """
    lines = [line for name in names for line in _problems(name, volumes[name], zones[volumes[name].machine], cloud)]
    if lines:
        raise refusal(f"what is there cannot be taken over, {count(len(lines), 'reason')}", lines)


def _problems(name: str, spec: VolumeSpec, zone: str, cloud: exoscale.Provider) -> Iterator[str]:
    prefix = f"volumes.{name}.import_id: {spec.id} given; allowed: "
    try:
        volume = exoscale.get_block_storage_volume(id=spec.id, zone=zone, opts=pulumi.InvokeOptions(provider=cloud))
    except Exception as error:
        text = str(error)
        if re.search(r"GetBlockStorageVolume: http response: Not Found|unable to parse volume ID", text):
            yield f"{prefix}the id of block storage in zone {zone}, as `make down` printed it, or none"
        elif pulumi.runtime.is_dry_run():  # possible without an API key
            pulumi.log.warn(f"volumes.{name}.import_id: whether Exoscale has {spec.id} was not checked: {text}")
        else:
            yield f"volumes.{name}.import_id: not looked up; {error_hint([text], HINTS) or text}"
        return
    if volume.instance:
        yield f"{prefix}a volume that no instance uses: run `make down` of its stack, with volumes.retain_on_destroy"
    if spec.size_gib > volume.size:
        yield f"volumes.{name}.size_gib: {spec.size_gib} given; allowed: at most {volume.size}, which that volume has"
