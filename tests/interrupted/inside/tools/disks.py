"""Takes the place of tools for the file system of a block device."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

DISK = Path("/var/lib/stand-in/disk")  # what is on it: "<type> <uuid>"
ID = "3e6be9de-8139-4a1e-9d0b-5f7c1a2b3c4d"
GIB = 20


def blkid(words: Sequence[str]) -> None:
    """What is on it, if anything is."""
    if not DISK.exists():
        sys.exit(2)
    print(DISK.read_text(encoding="utf-8").split()[words[words.index("--match-tag") + 1] == "UUID"])


def wipefs(_: Sequence[str]) -> None:
    """What is on it, or nothing."""
    if DISK.exists():
        print(DISK.read_text(encoding="utf-8").split()[0])


def mkfs_ext4(_: Sequence[str]) -> None:
    """An empty file system."""
    DISK.write_text(f"ext4 {ID}\n", encoding="utf-8")


def blockdev(_: Sequence[str]) -> None:
    """Its size."""
    print(GIB << 30)


def resize2fs(_: Sequence[str]) -> None:
    """It has its size already."""


def mount(words: Sequence[str]) -> None:
    """Something that can be mounted, in its place; all else is the real tool's."""
    if words[0] == "--uuid":
        words = ["-t", "tmpfs", "-o", "mode=755", words[1], words[2]]
    os.execv("/usr/bin/mount", ["mount", *words])
