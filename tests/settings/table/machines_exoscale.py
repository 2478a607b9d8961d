"""Rows of the settings of machines on Exoscale alone."""

from typing import Any

from tests.settings.bases import EXOSCALE
from tests.settings.rows import Bad, Change, Row, Values, concrete, on, refused
from tests.settings.values import IS_FOR_PEOPLE, NETWORK, TEXT, section, switch, whole
from tests.support.configs import TEMPLATE

POOL = "machines.pools.<pool>"
UBUNTU = "Linux Ubuntu 24.04 LTS 64-bit"
SYSTEM = "the name of a template of Ubuntu 22.04 or 24.04, the systems that the program supports on Exoscale"
ZONE = "a zone of Exoscale in lower case"
UUID = "the id of a template"
TYPE = "a type of instances in lower case"
OTHER_ZONE = 'zone: "ch-gva-2" => "de-fra-1"'
AN_ID = "0123abcd-0000-4000-8000-000000000000"
ANOTHER = {"id": "00000000-0000-4000-8000-000000000002", "name": "Linux Ubuntu 22.04 LTS 64-bit"}


def zone() -> Values:
    """A zone of Exoscale."""
    return Values(["ch-gva-2", "de-fra-1", "at-vie-2"], [*refused(ZONE, "geneva", "CH-GVA-2", ""), Bad(2, TEXT)])


def shown(value: Any, on_component: str, on_resource: str, resource: str = "worker-1", **more: Any) -> Change:
    """A change that the cluster and a machine show."""
    return Change(value, "cluster", resource, on_component, on_resource, **more)


def template(path: str, pool: str, also: dict[str, Any], *, required: bool) -> list[Row]:
    """A system by its id; `pool` is one whose machines have no other one."""
    given = {concrete(path): TEMPLATE}
    line = f'pools.{pool}.template_id: * => "{ANOTHER["id"]}"'
    on_machine = f'templateId: * => "{ANOTHER["id"]}"'
    return [
        Row(path, section(path).values, shown(ANOTHER, line, on_machine), required=required),
        Row(
            f"{path}.id",
            Values([AN_ID], refused(UUID, "Ubuntu", AN_ID.upper(), ""), also=given),
            shown(ANOTHER["id"], line, on_machine, also=also),
            required=True,
        ),
        Row(
            f"{path}.name",
            Values(
                ["", UBUNTU, "Ubuntu 22.04"],
                [*refused(SYSTEM, "a\nb", "Debian", "Ubuntu 18.04"), Bad(1, TEXT)],
                also=given,
            ),
            IS_FOR_PEOPLE,
        ),
    ]


ROWS = on(
    EXOSCALE,
    Row(
        f"{POOL}.size",
        Values(["standard.small", "cpu.extra-large"], refused(TYPE, "large", "")),
        shown(
            "standard.huge",
            'pools.worker.size: "standard.large" => "standard.huge"',
            'type: "standard.large" => "standard.huge"',
        ),
    ),
    Row(f"{POOL}.disk_gib", whole(10, 51200), shown(60, "pools.worker.disk_gib: 50 => 60", "diskSize: 50 => 60")),
    Row(f"{POOL}.zone", zone(), shown("de-fra-1", f"pools.worker.{OTHER_ZONE}", OTHER_ZONE)),
    *template(f"{POOL}.template", "worker", {f"{concrete(POOL)}.template": TEMPLATE}, required=False),
    Row("machines.zone", zone(), shown("de-fra-1", f"pools.manager.{OTHER_ZONE}", OTHER_ZONE), required=True),
    *template("machines.template", "manager", {}, required=True),
    Row(
        "machines.elastic_ip",
        switch(),
        shown(True, '+ elastic_ip: "manager-1"', '+ elasticIpIds[0]: "cluster-address-id"', "manager-1"),
    ),
    Row(
        "machines.private_network",
        Values(
            ["10.9.0.0/16", "192.168.7.0/24"],
            [Bad("10.9.0.0/25", "a network from /16 to /24"), *refused(NETWORK, "10.9.0.1/24", "fd00::/16")],
        ),
        shown(
            "10.9.0.0/16", '+ private_network: "10.9.0.0/16"', '+ networkInterfaces[0].networkId: "cluster-private-id"'
        ),
    ),
    Row(
        "machines.destroy_protection",
        switch(),
        shown(True, "destroy_protected: false => true", "destroyProtected: false => true"),
        formerly=["machines.destroy_protected"],
    ),
    Row(
        "machines.pulumi_protect",
        switch(),
        shown(True, "protect: false => true", "@protect: false => true"),
        formerly=["machines.protect"],
    ),
)
