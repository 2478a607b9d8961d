"""Data volumes: where the settings put them, where they are, and how often they moved."""

from dataclasses import asdict, dataclass

import pulumi

FOLDER = "/var/lib/nuvla-swarm/volumes"  # folder of data volumes on machines that the program creates
MOVES_SUFFIX = "-moves"  # ends the logical names of the records of moves


@dataclass(frozen=True, kw_only=True)
class VolumeSpec:
    """The place of a data volume in the settings."""

    machine: str  # name of the machine that uses it
    block: bool = False  # on block storage of the cloud, which outlives the machine; else on the machine's disk
    size_gib: int = 0  # of the block storage
    id: str | None = None  # of a retained volume that the stack imports, or imported before, with its data
    path: str | None = None  # folder on an existing machine


@dataclass(frozen=True, kw_only=True)
class Move:
    """The last move of a volume to another machine or storage, which may not have completed."""

    count: int  # of all moves so far
    place: str  # destination, in a form that is only compared


@dataclass(frozen=True, kw_only=True)
class Moves:
    """The number of moves of a volume; commands that unmount, mount or serve the volume run again for each move."""

    count: pulumi.Output[str]  # known once the record is in the state
    record: pulumi.Resource  # holds the count in the state, so that the next run knows of an interrupted move


def record_moves(name: str, move: Move) -> Moves:
    """Record the moves of a volume in the state, before any command that depends on them runs."""
    stash = pulumi.Stash(f"{name}{MOVES_SUFFIX}", input=asdict(move))
    # A preview knows the URN, unlike the output.
    return Moves(count=stash.urn.apply(lambda _: str(move.count)), record=stash)


@dataclass(frozen=True, kw_only=True)
class VolumeLocation:
    """The place of a data volume on a machine."""

    machine: str  # name of the machine that uses it
    path: str  # folder on the machine
    id: pulumi.Output[str] | None = None  # under which a volume that outlives the machine can be imported again
    device: pulumi.Output[str] | None = None  # block device with the data, which the program formats once and mounts
    size_gib: int = 0  # least size of the device, if there is one
    moves: Moves | None = None  # None for a volume that never moved
