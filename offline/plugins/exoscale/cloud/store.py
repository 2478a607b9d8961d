"""Records of the cloud: a JSON file that every process of the stand-in reads and writes under a lock."""

import fcntl
import json
import os
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from exoscale.cloud.api import not_found

Record = dict[str, Any]
Records = dict[str, Record]  # by id
KINDS: Final = {
    "ssh-key": "SSH key",
    "security-group": "security group",
    "security-group-rule": "security group rule",
    "anti-affinity-group": "anti-affinity group",
    "instance": "instance",
    "block-storage": "block storage volume",
    "elastic-ip": "elastic IP",
    "private-network": "private network",
}
DEFAULT_GROUP: Final = "00000000-0000-4000-8000-000000000001"  # every organisation has a group that opens nothing


class Cloud:
    """The records of every kind."""

    def __init__(self, records: dict[str, Records]) -> None:
        self.records = records

    def of(self, kind: str) -> Records:
        return self.records.setdefault(kind, {})

    def get(self, kind: str, identity: str) -> Record:
        """The record, or the refusal that the API answers."""
        if identity not in self.of(kind):
            raise not_found(KINDS[kind], identity)
        return self.of(kind)[identity]

    def instances_with(self, reference: str, identity: str) -> list[Record]:
        """Instances whose list `reference`, such as `securityGroupIds`, has the id."""
        return [instance for instance in self.of("instance").values() if identity in instance[reference]]


def folder() -> Path:
    """Where the cloud's records are."""
    if given := os.environ.get("EXOSCALE_STANDIN_FOLDER"):
        found = Path(given)
    else:
        base = os.environ.get("NUVLA_SWARM_CACHE") or (
            f"{os.environ.get('XDG_CACHE_HOME') or Path.home() / '.cache'}/nuvla-swarm"
        )
        found = Path(base) / "exoscale"
    found.mkdir(mode=0o700, parents=True, exist_ok=True)
    return found


def key() -> str:
    """What tells this cloud's things on the engine from another's."""
    return sha256(str(folder().resolve()).encode()).hexdigest()[:6]


@contextmanager
def lock(name: str) -> Iterator[None]:
    """Held by one thread of one process at a time."""
    with (folder() / f"{name}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def changed() -> Iterator[Cloud]:
    """The records, written back unless something is refused; the file goes with the last of them."""
    with lock("cloud"):
        cloud = _read()
        yield cloud
        file = folder() / "cloud.json"
        if any(cloud.records.values()):
            (draft := file.with_suffix(".new")).write_text(json.dumps(cloud.records, indent=1))
            draft.chmod(0o600)  # user data holds host keys
            draft.rename(file)
        else:
            file.unlink(missing_ok=True)


def seen() -> Cloud:
    """The records as they are."""
    with lock("cloud"):
        return _read()


def new_id() -> str:
    return str(uuid.uuid4())


def now() -> str:
    """A date as the released plugin shows it."""
    return time.strftime("%Y-%m-%d %H:%M:%S +0000 UTC", time.gmtime())


def _read() -> Cloud:
    file = folder() / "cloud.json"
    return Cloud(json.loads(file.read_text()) if file.exists() else {})
