"""components/assets.py: files are rendered strictly, and scripts get their parameters quoted."""

import subprocess

import pulumi
import pytest

from components import assets
from tests.support.fake_pulumi import FakePulumi
from tests.support.pulumi_run import Secret, build, start, value

SCRIPT = "swarm/scripts/init.sh"  # asks the engine
OTHER = "nuvla_host/scripts/map_count.sh"  # asks no engine
TEMPLATE = "storage/files/modprobe.conf"  # short, and of no setting
VALUES = {"nfs_lockd": "4045", "nfs_callback": "4046"}


def rendered(**values: pulumi.Input[str]) -> object:
    return value(build(lambda: assets.render_script(SCRIPT, values)))


def test_read_returns_the_file_unchanged() -> None:
    assert assets.read(SCRIPT) == (assets.COMPONENTS / SCRIPT).read_text(encoding="utf-8")


def test_render_fills_in_all_values() -> None:
    text = assets.render(TEMPLATE, VALUES)
    assert "options nfs callback_tcpport=4046\n" in text
    assert "$" not in text


def test_render_refuses_a_value_that_the_file_does_not_use() -> None:
    with pytest.raises(KeyError, match="does not use typo"):
        assets.render(TEMPLATE, VALUES | {"typo": ""})


def test_render_refuses_a_name_without_a_value() -> None:
    with pytest.raises(KeyError, match="nfs_lockd"):
        assets.render(TEMPLATE, {key: value for key, value in VALUES.items() if key != "nfs_lockd"})


def test_render_known_takes_only_the_values_that_the_file_uses() -> None:
    assert assets.render_known(TEMPLATE, VALUES | {"typo": ""}) == assets.render(TEMPLATE, VALUES)
    with pytest.raises(KeyError, match="nfs_callback"):
        assets.render_known(TEMPLATE, {"nfs_lockd": "4045"})


def test_script_begins_with_its_parameters() -> None:
    assert assets.script_text(OTHER, {"ROLE": "worker"}) == "export ROLE=worker\n" + assets.read(OTHER)


def test_script_that_asks_the_engine_does_so_by_its_functions(fake_pulumi: FakePulumi) -> None:
    functions = assets.read(assets.ENGINE_FUNCTIONS)
    assert rendered(ROLE="worker") == "export ROLE=worker\n" + functions + assets.read(SCRIPT)
    with_library = assets.script_text(OTHER, {}, libraries=[SCRIPT])
    assert with_library == functions + assets.read(SCRIPT) + assets.read(OTHER), "its library asks"


def test_script_parameter_is_quoted(fake_pulumi: FakePulumi) -> None:
    assert str(rendered(TOKEN="T-1 'q")).startswith("export TOKEN='T-1 '\"'\"'q'\n")


def test_bash_reads_a_parameter_unchanged() -> None:
    for hostile in ("T-1 'q", "$(id)", "a\nb", "`id`", '"', "\\", "", " ", "*", "a;b", "é", "#"):
        start()
        exports = str(rendered(P=hostile)).removesuffix(assets.read(SCRIPT))
        read = subprocess.run(
            ["bash", "-s"], input=f'{exports}printf %s "$P"', capture_output=True, text=True, check=True
        )
        assert read.stdout == hostile


def test_script_with_a_secret_parameter_is_secret(fake_pulumi: FakePulumi) -> None:
    secret = build(lambda: assets.render_script(SCRIPT, {"A": "a", "TOKEN": pulumi.Output.secret("T")}))
    assert isinstance(value(secret), Secret)


def test_script_without_a_secret_is_readable(fake_pulumi: FakePulumi) -> None:
    assert isinstance(rendered(A="a"), str)
