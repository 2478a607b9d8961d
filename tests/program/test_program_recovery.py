"""What tools/repair takes for granted of what the program makes."""

from components.firewall import reserved_ports
from components.kept_outputs import STASH
from components.machines import cluster, owner
from components.service import stack
from tests.program.runs import run
from tests.program.snapshot import FOLDER, PROGRAMS
from tests.support.fake_pulumi import FakePulumi
from tests.support.pulumi_run import Program
from tests.support.rows import rows
from tools.repair import local, strays
from tools.repair.state import CLUSTERS, KINDS, OWNER, PROJECT, SWARM_PROVIDER, State
from tools.repair.swarm import ID_LABEL, STACK_LABEL, SwarmObject

ID = "OUTPUT:infrastructure"


def test_repair_tool_constants_match_the_program(dev: Program) -> None:
    assert (STACK_LABEL, ID_LABEL, local.DATA_LABEL) == (cluster.STACK_LABEL, owner.ID_LABEL, cluster.DATA_LABEL)
    assert (strays.STACK_LABEL, strays.PREFIX) == (stack.NAMESPACE_LABEL, stack.PREFIX)
    assert strays.PORTS == reserved_ports.NAME
    assert dev.engine.types[OWNER] == STASH
    assert set(dev.engine.types.values()) >= set(KINDS)
    assert "swarm-engine" in dev.engine.options
    assert SWARM_PROVIDER.endswith("::swarm-engine")
    made = "".join(file.read_text() for file in FOLDER.glob("*.txt"))
    assert [kind for kind in CLUSTERS if kind not in made] == ["nuvla:machines:ExistingCluster"]
    assert dev.engine.inputs("manager-1")["labels"][0]["value"].startswith(f"{PROJECT}/")


def known(engine: FakePulumi) -> State:
    """The components of a program, as a state has them."""
    resources = [
        {
            "urn": f"urn:pulumi:test::nuvla-swarm::{engine.types[name]}::{name}",
            "type": engine.types[name],
            "inputs": engine.inputs(name),
        }
        for name in engine.components()
    ]
    return State("test", {"resources": resources})


@rows("title", PROGRAMS)
def test_repair_tool_finds_the_owner_of_every_service_and_network(title: str) -> None:
    program = run(PROGRAMS[title])
    engine = program.engine
    state, seen = known(engine), 0
    for name, kind in engine.types.items():
        if KINDS.get(kind) not in ("services", "networks") or engine.provider(name) != "swarm-engine":
            continue
        inputs = engine.inputs(name)
        labels = {label["label"]: label["value"] for label in inputs["labels"]}
        assert labels[ID_LABEL] == ID
        stray = SwarmObject(KINDS[kind], "id", inputs["name"], labels, {})
        maker = strays.maker(state, stray)
        assert maker is not None, name
        assert maker.rpartition("::")[2] == engine.parent(name)
        assert strays.child(maker, stray) == name
        seen += 1
    assert seen > 3
