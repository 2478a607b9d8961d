"""Scenarios of scripts that look after machines as such."""

from typing import Final

from tests.interrupted.engine import BARE, CONFIGURE, INSTALL, packages_of, settings
from tests.interrupted.firewall import LOADED
from tests.interrupted.scenarios import Run, Scenario
from tests.support.ssh_keys import key_pair, public_key

CHECK: Final = "machines/existing/scripts/check_host.sh"
BEFORE: Final = "machines/existing/scripts/restore_point.sh"
READY: Final = "machines/exoscale/scripts/ready.sh"
AUTHORIZED_KEYS: Final = "machines/scripts/authorized_keys.sh"
HOST_KEY: Final = "machines/scripts/host_key.sh"
MAP_COUNT: Final = "nuvla_host/scripts/map_count.sh"
COUNT: Final = {"COUNT": "99999999", "ONLY_CHECK": ""}
VERSION: Final = {"VERSION": "20.10.24", "NEEDS": "firewall"}  # this computer may have no NFS server
OTHER: Final = {"MACHINE": "other-1"}
OF_OTHER: Final = "other-1: is manager-1 of this infrastructure; allowed: manager-1, or an `up` without it before"
KEYS_ADDED: Final = Run(path=AUTHORIZED_KEYS, verb="add")
NOTED: Final = Run(path=BEFORE, verb="note")

# All that is done to a host before it is a machine of the swarm.
TAKEN_IN: Final = (
    NOTED,
    Run(path=INSTALL, values=packages_of("distribution", "20.10.24")),
    Run(path=CONFIGURE, values=settings(1)),
    LOADED,
)


def addresses(private: str, elastic: str) -> dict[str, str]:
    """Values of ready.sh."""
    return {"PRIVATE_ADDRESS": private, "ELASTIC_IP": elastic}


CARDS: Final = ("cards.sh", Run(path=READY, values=addresses("10.1.0.2/24", "192.0.2.9")))
NEW_KEY: Final = dict(zip(("PRIVATE_KEY", "PUBLIC_KEY"), key_pair("machine-host-key2"), strict=True))
PACKAGES_SCRIPT: Final = "machines/scripts/packages.sh"
UPGRADE: Final = "machines/scripts/upgrade.sh"
MACHINES: Final = [
    Scenario(path=PACKAGES_SCRIPT, name="one that is missing", packages=BARE, values={"PACKAGES": "curl iptables"}),
    Scenario(
        path=PACKAGES_SCRIPT,
        name="one that cannot be had",
        packages=BARE,
        values={"PACKAGES": "iptables nothing"},
        code=1,
        says="nothing cannot be installed; correct machines.packages",
    ),
    Scenario(path=UPGRADE, verb="run", name="packages that are old", given=["old.sh"]),
    Scenario(path=UPGRADE, verb="run", name="nothing to upgrade", reboots=False),
    Scenario(path=UPGRADE, verb="rerun", name="packages that are old", given=["old.sh"]),
    Scenario(
        path=UPGRADE,
        verb="rerun",
        name="upgraded already",
        reboots=False,
        given=[Run(path=UPGRADE, verb="run"), "old.sh"],
    ),
    Scenario(path=UPGRADE, verb="check", name="packages that are old", reboots=False, given=["swarm.sh", "old.sh"]),
    Scenario(path=UPGRADE, verb="recheck", name="packages that are old", reboots=False, given=["swarm.sh", "old.sh"]),
    Scenario(path=UPGRADE, verb="start", name="any machine", reboots=False),
    Scenario(path=CHECK, name="its own host", reboots=False, given=["host.sh", NOTED], values=VERSION),
    Scenario(
        path=CHECK,
        name="another machine's host",
        reboots=False,
        given=["host.sh", NOTED],
        values=OTHER | VERSION,
        code=1,
        says=OF_OTHER,
    ),
    Scenario(
        path=CHECK,
        name="an address of another host",
        reboots=False,
        given=["host.sh"],
        values=VERSION | {"PRIVATE_ADDRESS": "10.0.0.13"},
        code=1,
        says="has no address 10.0.0.13, which its private_address says",
    ),
    Scenario(path=BEFORE, verb="note", name="a host with an engine", reboots=False, given=["host.sh"]),
    Scenario(path=BEFORE, verb="note", name="a bare host", reboots=False, packages=BARE, given=["bare.sh"]),
    Scenario(
        path=BEFORE,
        verb="note",
        name="noted by an earlier version",
        reboots=False,
        given=["host.sh", NOTED, "earlier.sh"],
    ),
    Scenario(
        path=BEFORE,
        verb="leave",
        name="a host with an engine",
        given=["host.sh", *TAKEN_IN, "traces.sh"],
        sound="containerd.sh",
    ),
    Scenario(path=BEFORE, verb="leave", name="a bare host", packages=BARE, given=["bare.sh", *TAKEN_IN, "traces.sh"]),
    Scenario(
        path=BEFORE,
        verb="leave",
        name="another machine's host",
        reboots=False,
        values=OTHER,
        given=[NOTED],
        says="other-1: this host is now manager-1",
    ),
    Scenario(path=READY, name="first time", given=CARDS[:1], values=addresses("10.1.0.2/24", "192.0.2.9")),
    Scenario(path=READY, name="other addresses", given=CARDS, values=addresses("10.1.0.3/24", "192.0.2.10")),
    Scenario(path=READY, name="no addresses any more", given=CARDS, values=addresses("", "")),
    Scenario(path=AUTHORIZED_KEYS, verb="add", name="first time", given=["keys.sh"], sound="keys.sh"),
    Scenario(
        path=AUTHORIZED_KEYS,
        verb="add",
        name="other keys",
        given=["keys.sh", KEYS_ADDED],
        values={"KEYS": public_key("carol@desk")},
        sound="keys.sh",
    ),
    Scenario(
        path=AUTHORIZED_KEYS,
        verb="add",
        name="another user",
        given=["keys.sh", KEYS_ADDED],
        values={"LOGIN_USER": "ops"},
        sound="keys.sh",
    ),
    Scenario(
        path=AUTHORIZED_KEYS,
        verb="add",
        name="the program's own in place of a retired one",
        given=["keys.sh"],
        values={
            "KEYS": "ssh-ed25519 CCCC nuvla-swarm",
            "SETTING": "machines.ssh.key_generation",
            "RETIRED": "ssh-ed25519 BBBB",
        },
        sound="login_key.sh",
    ),
    Scenario(path=AUTHORIZED_KEYS, verb="remove", name="all", given=["keys.sh", KEYS_ADDED], sound="keys.sh"),
    Scenario(path=HOST_KEY, name="another one", given=["host_key.sh"], values=NEW_KEY, sound="host_key.sh"),
    Scenario(
        path=HOST_KEY,
        name="the same again",
        given=["host_key.sh", Run(path=HOST_KEY, values=NEW_KEY)],
        values=NEW_KEY,
        sound="host_key.sh",
    ),
    Scenario(path=MAP_COUNT, name="set", values=COUNT),
    Scenario(path=MAP_COUNT, name="only looked at", values=COUNT | {"ONLY_CHECK": "true"}),
]
