"""tools/nuvla.py: what Nuvla's forms ask for."""

from pathlib import Path
from typing import Any

import pytest

from tools import nuvla
from tools.access import files
from tools.repair.state import State
from tools.stack.backend import Backend
from tools.stack.settings_file import SettingsFile
from tools.stack.target import Target

OUTPUTS: dict[str, Any] = {
    "kind": "target",
    "docker": {"endpoint": "https://192.0.2.7:2376", "nuvla": {"ca": "CA", "cert": "CERT", "key": "KEY"}},
    "certificates": {"nuvla": "2999-01-02T06:00:00Z"},
    "s3": {"endpoint": "https://192.0.2.7:9000", "access_key": "AK", "secret_key": "SK"},
    "nfs": {"address": "10.0.0.1", "path": "/nfs-root"},
}


def target() -> Target:
    return Target(SettingsFile(Path("Pulumi.prod.yaml"), {}), Backend("prod", "s3://state", "exported"), True)


def shown(monkeypatch: pytest.MonkeyPatch, folder: Path, outputs: dict[str, Any]) -> None:
    resources = [{"urn": "urn::stack", "type": "pulumi:pulumi:Stack", "outputs": outputs}]
    monkeypatch.setattr(State, "read", lambda _: State("prod", {"resources": resources}))
    monkeypatch.setattr(files, "FOLDER", folder)
    nuvla.show(target())


def test_certificates_are_written_and_each_form_is_printed_in_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shown(monkeypatch, tmp_path, OUTPUTS)
    folder = tmp_path / "prod" / "nuvla"
    assert {path.name: path.read_text() for path in folder.iterdir()} == {
        "ca.pem": "CA\n",
        "cert.pem": "CERT\n",
        "key.pem": "KEY\n",
    }
    printed = capsys.readouterr().out
    parts = [
        "1. Infrastructures, Add, Swarm:",
        "endpoint         https://192.0.2.7:2376\n",
        "2. Credentials, Add, Swarm",
        f"ca               {folder}/ca.pem\n",
        f"cert             {folder}/cert.pem (valid until 2999-01-02)\n",
        f"key              {folder}/key.pem\n",
        "3. Infrastructures, Add, S3:",
        "endpoint         https://192.0.2.7:9000\n",
        "4. Credentials, Add, S3",
        "access key       AK\n",
        "secret key       SK\n",
        "address          10.0.0.1\n",
        "path             /nfs-root\n",
        "firewall.nuvla in Pulumi.prod.yaml",
    ]
    places = [printed.find(part) for part in parts]
    assert -1 not in places, printed
    assert places == sorted(places)


NO_S3 = "\nS3: prod has none, as s3.enabled is false.\n"
NO_FILES = "\nFiles that applications share: prod has none, as nfs.enabled is false.\n"


@pytest.mark.parametrize("gone", [["s3"], ["nfs"], ["s3", "nfs"]])
@pytest.mark.parametrize("empty", [None, {}])
def test_target_without_s3_or_files_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], gone: list[str], empty: Any
) -> None:
    for outputs in (
        {key: value for key, value in OUTPUTS.items() if key not in gone},
        OUTPUTS | dict.fromkeys(gone, empty),
    ):
        shown(monkeypatch, tmp_path, outputs)
        printed = capsys.readouterr().out
        assert (NO_S3 in printed) == ("s3" in gone)
        assert (NO_FILES in printed) == ("nfs" in gone)
        assert ("Add, S3" in printed) == ("3. " in printed) == ("s3" not in gone)


def test_host_has_neither_s3_nor_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shown(monkeypatch, tmp_path, {**OUTPUTS, "kind": "host", "s3": None, "nfs": None})
    assert capsys.readouterr().out.count("prod has none, as it is a host.\n") == 2


def test_incomplete_outputs_end_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """An update that was killed, or one of another version, may leave a part of them."""
    for section in ("s3", "nfs"):
        for key in OUTPUTS[section]:
            left = {name: value for name, value in OUTPUTS[section].items() if name != key}
            shown(monkeypatch, tmp_path, OUTPUTS | {section: left})
            assert (
                ": unknown, as the outputs of prod are incomplete: run `make up STACK=prod`." in capsys.readouterr().out
            )
    for docker in ({}, None, {"nuvla": OUTPUTS["docker"]["nuvla"]}):
        with pytest.raises(SystemExit, match="prod: is not up in s3://state: run `make up STACK=prod`"):
            shown(monkeypatch, tmp_path, OUTPUTS | {"docker": docker})


def test_stack_without_outputs_ends_in_a_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SystemExit, match="prod: is not up in s3://state: run `make up STACK=prod`"):
        shown(monkeypatch, tmp_path, {})
    with pytest.raises(SystemExit, match="its outputs have no certificate of Nuvla: run `make up STACK=prod`"):
        shown(monkeypatch, tmp_path, {"docker": {"endpoint": "tcp://192.0.2.7:2376"}})
    assert not (tmp_path / "prod" / "nuvla" / "ca.pem").exists()


def test_host_is_said_to_be_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shown(monkeypatch, tmp_path, OUTPUTS | {"kind": "host"})
    assert "prod is a host, so Nuvla runs on it" in capsys.readouterr().err
