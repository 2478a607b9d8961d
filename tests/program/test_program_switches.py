"""What is switched off keeps its data, keys and logins: for every switch that the settings have."""

from collections.abc import Sequence
from functools import cache
from typing import Any

import pytest

from docs.settings_table import Setting, is_section, settings
from tests.program.runs import run
from tests.settings.loading import parse
from tests.settings.rows import concrete
from tests.settings.table import ROWS
from tests.support.configs import changed, existing, exoscale, host, secrets_for, target, without
from tests.support.fake_pulumi import FakePulumi
from tests.support.rows import rows

pytestmark = pytest.mark.thorough

KEPT = (
    "random:index/randomPassword:RandomPassword",
    "exoscale:index/blockStorageVolume:BlockStorageVolume",
    "docker:index/volume:Volume",
)
BASES: dict[str, dict[str, Any]] = {
    "local target": target(),
    "local host": host(),
    "exoscale target": exoscale(),
    "exoscale host": changed(exoscale("host"), "machines.pools.worker.labels", {"type": "worker-db"}),
    "existing target": existing(),
}
GOOD = {row.path: row.values.good for row in ROWS}


def optional(setting: Setting) -> bool:
    """Whether a whole section may be there or not."""
    return is_section(setting) and not setting.field.is_required() and setting.field.default is None


# Whether data are on block storage at all is no switch of what uses them.
SWITCHES = [
    setting
    for setting in settings()
    if (setting.schema.get("type") == "boolean" or optional(setting)) and not setting.path.endswith(".block_storage")
]


def is_taken(document: dict[str, Any]) -> bool:
    """Whether the configuration has no mistake."""
    return not parse(document)[1]


def on(document: dict[str, Any], switch: Setting) -> dict[str, Any]:
    if not optional(switch):
        return changed(document, concrete(switch.path), True)
    required = [one for one in settings() if one.path.rpartition(".")[0] == switch.path and one.field.is_required()]
    assert required, "an empty section would be no other than none"
    return changed(document, concrete(switch.path), {one.name: GOOD[one.path][0] for one in required})


def off(document: dict[str, Any], *switches: Setting) -> dict[str, Any]:
    for switch in switches:
        path = concrete(switch.path)
        cleared = changed(document, path, False)
        document = without(cleared, path) if optional(switch) else cleared
    return document


def switched_off(document: dict[str, Any], switch: Setting) -> dict[str, Any] | None:
    """The configuration with one switch off, and with it what cannot be on without it; None if it has to be on."""
    tries = [off(document, switch), *(off(document, switch, other) for other in SWITCHES)]
    return next((one for one in tries if is_taken(one)), None)


@cache
def everything(title: str) -> tuple[dict[str, Any], Sequence[Setting]]:
    """A configuration with all on that can be, each volume on block storage, and the switches that it has."""
    document = changed(BASES[title], "domain", "example.org")
    for setting in settings():
        if setting.path.endswith(".block_storage") and is_taken(changed(document, setting.path, True)):
            document = changed(document, setting.path, True)
    switches = [switch for switch in SWITCHES if is_taken(on(document, switch))]
    for switch in switches:
        document = on(document, switch)
    assert is_taken(document)
    return document, [switch for switch in switches if switched_off(document, switch)]


def kept(document: dict[str, Any]) -> dict[str, Any]:
    """What must not change: by its logical name, with its inputs."""
    engine: FakePulumi = run(document, secrets=secrets_for(document)).engine
    return {name: engine.inputs(name) for name, kind in engine.types.items() if kind in KEPT}


@pytest.mark.parametrize("title", BASES)
def test_switches_keep_data_keys_and_logins(title: str) -> None:
    document, switches = everything(title)
    before = kept(document)
    assert kept(off(document, *switches)) == before, "all of them"
    for switch in switches:
        if switch.name == "enabled" or optional(switch):  # the others are no services, and all of them are enough
            alone = switched_off(document, switch)
            assert alone is not None
            assert kept(alone) == before, switch.path


def test_switch_tests_cover_every_kept_resource() -> None:
    """Else the test above would say little."""
    volumes = {"prometheus", "alertmanager", "grafana", "traefik"}
    logins = {"prometheus-login-password", "grafana-login-password"}
    keys = {"s3-key-access", "s3-key-secret"}
    for title in BASES:
        document, switches = everything(title)
        own = {"nfs"} if "target" in title else {"db"}
        expected = logins | (keys if "target" in title else set())
        if "existing" not in title:
            expected |= {f"{name}-volume" for name in volumes | own}
        assert expected <= kept(document).keys(), f"{title}: name each type of kept resources in KEPT"
        assert {"monitoring.enabled", "traefik.acme"} <= {switch.path for switch in switches}, title
    assert {"nfs.enabled", "s3.enabled"} <= {switch.path for switch in everything("local target")[1]}


def test_block_storage_stays_mounted_while_its_service_is_disabled() -> None:
    document, switches = everything("exoscale target")
    services = [switch for switch in switches if switch.name == "enabled" or switch.path == "traefik.acme"]
    engines = [run(one, secrets=secrets_for(one)).engine for one in (document, off(document, *services))]
    folders = {f"{name}-data-folder" for name in ("nfs", "prometheus", "alertmanager", "grafana", "traefik")}
    for name in folders | {"manager-1"}:
        assert engines[0].inputs(name) == engines[1].inputs(name), name


@rows("title", ["exoscale target", "existing target"])
def test_data_folder_of_a_disabled_service_is_left_alone(title: str) -> None:
    """It stays there as it is: nothing is made of it anew, and nothing that undoes it is run."""
    document = changed(BASES[title], "monitoring.enabled", False)
    engine = run(document, secrets=secrets_for(document)).engine
    assert "grafana-data-folder" not in engine.types
    assert engine.types["nfs-data-folder"] == "command:remote:Command"
    assert "delete" not in engine.inputs("nfs-data-folder")
