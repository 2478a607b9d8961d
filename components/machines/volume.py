"""Data that outlives containers, and the machine that has it."""

from dataclasses import dataclass

import pulumi

FOLDER = "/var/lib/nuvla-swarm/volumes"  # where machines that the program makes have them


@dataclass(frozen=True, kw_only=True)
class VolumeArgs:
    """Where data shall be."""

    machine: str  # name of the machine that uses them
    block: bool = (
        False  # on a block storage volume of the cloud, which outlives the machine; else on the machine's disk
    )
    size_gib: int = 0  # of the block storage volume
    id: str | None = None  # of a volume that was there before, and was or is taken over with what it holds
    path: str | None = None  # folder of an existing machine


@dataclass(frozen=True, kw_only=True)
class Volume:
    """Where data are."""

    machine: str  # name of the machine that uses them
    path: str  # folder on the machine
    id: pulumi.Output[str] | None = None  # by which the data are found again, where they outlive the machine
    device: pulumi.Output[str] | None = None  # block device that holds them, to be formatted once and mounted
    size_gib: int = 0  # that the device has at least, if there is one
