"""Data that outlives containers, and the machine that has it."""

from dataclasses import asdict, dataclass

import pulumi

FOLDER = "/var/lib/nuvla-swarm/volumes"  # where machines that the program makes have them
MOVES_SUFFIX = "-moves"  # end of the names of what the state has of moves


@dataclass(frozen=True, kw_only=True)
class VolumeSpec:
    """Where data shall be."""

    machine: str  # name of the machine that uses them
    block: bool = (
        False  # on a block storage volume of the cloud, which outlives the machine; else on the machine's disk
    )
    size_gib: int = 0  # of the block storage volume
    id: str | None = None  # of a volume that was there before, and was or is taken over with what it holds
    path: str | None = None  # folder of an existing machine


@dataclass(frozen=True, kw_only=True)
class Move:
    """The last time that a volume went elsewhere, or was to: whether it got there is not known."""

    count: int  # of all those times
    place: str  # where it was to go, in a form that is only compared


@dataclass(frozen=True, kw_only=True)
class Moves:
    """How often a volume went elsewhere, or was to: what unmounts, mounts or serves it does so again for each time."""

    count: pulumi.Output[str]  # known once it is in the state
    record: pulumi.Resource  # what has it in the state: a move that is interrupted must be known as one that began


def record_moves(name: str, move: Move) -> Moves:
    """The moves of a volume, in the state before anything that waits for them is done."""
    stash = pulumi.Stash(f"{name}{MOVES_SUFFIX}", input=asdict(move))
    # A preview knows the urn.
    return Moves(count=stash.urn.apply(lambda _: str(move.count)), record=stash)


@dataclass(frozen=True, kw_only=True)
class VolumeLocation:
    """Where data are."""

    machine: str  # name of the machine that uses them
    path: str  # folder on the machine
    id: pulumi.Output[str] | None = None  # by which the data are found again, where they outlive the machine
    device: pulumi.Output[str] | None = None  # block device that holds them, to be formatted once and mounted
    size_gib: int = 0  # that the device has at least, if there is one
    moves: Moves | None = None  # None where it never went elsewhere
