"""Takes the place of a tool, which is the first argument."""

import sys
from importlib import import_module

# Modules are many to load, and tools are called all the time.
MODULES = {
    "apt-cache": "packages",
    "apt-get": "packages",
    "apt-mark": "packages",
    "blkid": "disks",
    "blockdev": "disks",
    "busctl": "files",
    "containerd": "small",
    "curl": "small",
    "dockerd": "engine",
    "dpkg": "packages",
    "dpkg-query": "packages",
    "exportfs": "files",
    "ganesha": "files",
    "gpg": "small",
    "keepalived": "small",
    "kernel": "files",
    "mkfs.ext4": "disks",
    "mount": "disks",
    "resize2fs": "disks",
    "rpcbind": "files",
    "statd": "files",
    "sysctl": "small",
    "wipefs": "disks",
}

tool, *words = sys.argv[1:]
module = import_module(f"tests.interrupted.inside.tools.{MODULES[tool]}")
getattr(module, tool.replace("-", "_").replace(".", "_"))(words)
