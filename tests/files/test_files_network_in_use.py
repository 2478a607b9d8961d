"""components/swarm/scripts/network_in_use.sh: what keeps a network from being removed, and what does not."""

import os
import shlex
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from components import assets

LABEL, OWNER = "io.nuvla.swarm.stack", "nuvla-swarm/t"
ID_LABEL, ID = "io.nuvla.swarm.id", "0123abcd"
NAMES = {"traefik-public": "swarm.public_network.name", "front": "swarm.public_network.name"}  # settings of names
PUBLIC, API = ("traefik-public", "false", "false"), ("docker-api", "false", "true")
DOCKER = Path(__file__).with_name("docker.sh")


@dataclass
class Swarm:
    """What a swarm has; lines as the script asks for them."""

    folder: Path
    networks: dict[str, tuple[str, str, str]] = field(default_factory=lambda: {"p": PUBLIC, "a": API})
    services: list[tuple[str, str, str]] = field(default_factory=list)  # name, value of the label, network
    containers: list[tuple[str, str]] = field(default_factory=list)  # id, network
    owner: str = OWNER  # of the networks, by their labels
    identity: str = ID
    strange: dict[str, tuple[str, str]] = field(default_factory=dict)  # names and scopes of what is somebody else's
    known: str = ""  # ids of networks of the state
    service_code: int = 0  # of Docker's answer

    def answer(self, *wanted: tuple[str, str, str]) -> subprocess.CompletedProcess[str]:
        """What the script says to a change to these networks."""
        docker = self.folder / "docker"
        docker.write_text(DOCKER.read_text(encoding="utf-8"), encoding="utf-8")
        docker.chmod(0o755)
        given = {
            "NETWORKS": [
                f"{one}\t{' '.join(network)} swarm {self.identity} {self.owner}"
                for one, network in self.networks.items()
            ]
            + [f"{one}\t{name} false false {scope} - -" for one, (name, scope) in self.strange.items()],
            "SERVICES": [f"{name}\t {on} \t{owner}" for name, owner, on in self.services],
            "CONTAINERS": [f"{name}\tn1\t {on} " for name, on in self.containers],
            "ASKED": [],
        }
        environment = {"PATH": f"{self.folder}:{os.environ['PATH']}", "SERVICE_CODE": str(self.service_code)}
        for key, lines in given.items():
            file = self.folder / key.lower()
            file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
            environment[key] = str(file)
        exports = {
            "LABEL": LABEL,
            "OWNER": OWNER,
            "ID_LABEL": ID_LABEL,
            "ID": ID,
            "KNOWN": self.known,
            "WANTED": "\n".join(" ".join([*network, *NAMES.get(network[0], "").split()]) for network in wanted),
            "SETTINGS": "swarm.public_network",
        }
        script = "".join(f"export {key}={shlex.quote(value)}\n" for key, value in exports.items())
        script += assets.read("swarm/scripts/network_in_use.sh")
        return subprocess.run(
            ["bash", "-s"], input=script, env=environment, capture_output=True, text=True, check=False
        )

    def asked(self) -> list[str]:
        return (self.folder / "asked").read_text(encoding="utf-8").splitlines()


@pytest.fixture
def swarm(tmp_path: Path) -> Swarm:
    return Swarm(tmp_path)


ATTACHABLE = ("traefik-public", "true", "false")
APPLICATION = ("app", "", "p")


def test_unchanged_networks_may_be_in_use(swarm: Swarm) -> None:
    swarm.services = [APPLICATION]
    assert swarm.answer(PUBLIC, API).returncode == 0
    assert not [line for line in swarm.asked() if line.startswith("service")], "nothing is asked in vain"


@pytest.mark.parametrize(
    "wanted",
    [
        (ATTACHABLE, API),
        (("traefik-public", "false", "true"), API),
        (("front", "false", "false"), API),
        (API,),
    ],
)
def test_network_of_an_application_cannot_be_changed_renamed_or_removed(
    swarm: Swarm, wanted: tuple[tuple[str, str, str], ...]
) -> None:
    swarm.services = [("traefik", OWNER, "p"), APPLICATION, ("elsewhere", "", "x"), ("web_1", "nuvla-swarm/other", "p")]
    answer = swarm.answer(*wanted)
    assert answer.returncode == 1
    assert answer.stderr == (
        "traefik-public: would have to be removed, but is in use by service app, service web_1; remove them from "
        "it first, or restore swarm.public_network (the network has attachable: false, internal: false)\n"
    )


def test_container_on_any_machine_keeps_a_network_in_use(swarm: Swarm) -> None:
    swarm.networks["p"] = ATTACHABLE
    swarm.containers = [("6ace23a434db31bc4f2eda17", "p"), ("0" * 64, "x")]
    answer = swarm.answer(PUBLIC, API)
    assert answer.returncode == 1
    assert "in use by container 6ace23a434db on worker-1; remove them from" in answer.stderr


@pytest.mark.parametrize(
    ("identity", "owner", "known"),
    [(ID, OWNER, ""), (ID, "nuvla-swarm/of-before", ""), ("-", OWNER, ""), ("-", "nuvla-swarm/of-before", "p a")],
    ids=["both labels", "the stack had another name", "from before there were ids", "the state has it"],
)
def test_own_networks_are_recognised_by_labels_or_state(swarm: Swarm, identity: str, owner: str, known: str) -> None:
    swarm.identity, swarm.owner, swarm.known, swarm.services = identity, owner, known, [APPLICATION]
    assert swarm.answer(ATTACHABLE, API).returncode == 1
    assert swarm.answer(PUBLIC, API).returncode == 0


@pytest.mark.parametrize("services", [[], [("their-app", "", "x")]], ids=["nothing is on it", "an application is"])
def test_network_name_of_somebody_else_is_rejected(swarm: Swarm, services: list[tuple[str, str, str]]) -> None:
    swarm.strange, swarm.services = {"x": ("front", "swarm")}, [("traefik", OWNER, "p"), *services]
    answer = swarm.answer(("front", "false", "false"), API)
    assert answer.returncode == 1
    used = ", in use by service their-app" if services else ""
    assert answer.stderr == (
        "swarm.public_network.name: front given, but a network front in the swarm is not of this infrastructure "
        f"(id x{used}); allowed: another name, or front after you removed that network\n"
    )


@pytest.mark.parametrize("networks", [{}, {"p": PUBLIC, "a": API}], ids=["the first update", "a later one"])
def test_local_network_of_the_same_name_is_rejected(swarm: Swarm, networks: dict[str, Any]) -> None:
    swarm.networks, swarm.strange = networks, {"x": ("monitoring", "local"), "y": ("not-wanted", "local")}
    answer = swarm.answer(PUBLIC, API, ("monitoring", "false", "false"))
    assert answer.returncode == 1
    assert answer.stderr.startswith("monitoring: a network monitoring on ")
    assert " alone is not of this infrastructure (id x), and this infrastructure needs one of" in answer.stderr
    assert answer.stderr.endswith("; remove that network\n")
    assert len(answer.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("identity", "owner"),
    [("ffffffff", OWNER), ("ffffffff", "nuvla-swarm/of-before"), ("-", "nuvla-swarm/of-before")],
    ids=["a stack of the same name", "another stack", "another stack, without id"],
)
def test_networks_of_another_infrastructure_are_foreign(swarm: Swarm, identity: str, owner: str) -> None:
    swarm.identity, swarm.owner = identity, owner
    told = swarm.answer(PUBLIC, API).stderr.splitlines()
    assert sorted(line.partition(":")[0] for line in told) == ["docker-api", "swarm.public_network.name"]
    assert swarm.answer(("front", "false", "false")).returncode == 0, (
        "it is not removed, so that nobody has to leave it"
    )


def test_own_network_beside_a_local_namesake_is_kept(swarm: Swarm) -> None:
    swarm.strange = {"0": ("traefik-public", "local")}
    assert swarm.answer(PUBLIC, API).returncode == 0


def test_first_and_interrupted_updates_create_networks(swarm: Swarm) -> None:
    swarm.networks = {}
    assert swarm.answer(PUBLIC, API).returncode == 0
    swarm.networks = {"p": PUBLIC}
    assert swarm.answer(PUBLIC, API).returncode == 0


def test_unused_network_can_be_changed(swarm: Swarm) -> None:
    swarm.services = [("traefik", OWNER, "p"), ("elsewhere", "", "x")]
    swarm.containers = [("6ace23a434db31bc4f2eda17", "x")]
    assert swarm.answer(ATTACHABLE, API).returncode == 0


def test_new_network_removes_nothing(swarm: Swarm) -> None:
    swarm.services = [APPLICATION]
    assert swarm.answer(PUBLIC, API, ("monitoring", "false", "false")).returncode == 0


def test_every_affected_network_is_reported(swarm: Swarm) -> None:
    swarm.services = [APPLICATION, ("spy", "", "a")]
    told = swarm.answer(("front", "true", "false")).stderr.splitlines()
    assert sorted(line.split(":")[0] for line in told) == ["docker-api", "traefik-public"]


def test_long_lists_of_applications_are_shortened(swarm: Swarm) -> None:
    swarm.services = [(f"app-{number}", "", "p") for number in range(1000)]
    told = swarm.answer(API).stderr
    assert "service app-19 and 980 more;" in told
    assert len(told) < 1000


def test_failed_docker_query_fails_the_check(swarm: Swarm) -> None:
    swarm.service_code = 1
    swarm.services = [("traefik", OWNER, "p")]
    assert swarm.answer(API).returncode != 0
