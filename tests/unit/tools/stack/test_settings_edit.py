"""tools/stack/settings_edit.py: changes of a stack's file by Pulumi."""

from pathlib import Path

import pytest

from tools.stack.settings_edit import set_values
from tools.stack.settings_file import read

TEXT = "encryptionsalt: v1:abc\nconfig:\n  # of mine\n  nuvla-swarm:machines:\n    provider: exoscale # there\n"


@pytest.mark.tools("pulumi")
def test_settings_are_written_without_the_state_of_the_stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULUMI_BACKEND_URL", "s3://not-reachable")
    monkeypatch.delenv("PULUMI_CONFIG_PASSPHRASE", raising=False)
    path = tmp_path / "Pulumi.prod.yaml"
    path.write_text(TEXT)
    set_values(read(path), ["machines.template.id=0a", "machines.template.name=Linux Ubuntu 24.04 LTS 64-bit"])
    assert path.read_text() == (f"{TEXT}    template:\n      id: 0a\n      name: Linux Ubuntu 24.04 LTS 64-bit\n")


@pytest.mark.tools("pulumi")
def test_setting_that_pulumi_refuses_ends_the_command(tmp_path: Path) -> None:
    path = tmp_path / "Pulumi.prod.yaml"
    path.write_text(TEXT)
    with pytest.raises(SystemExit):
        set_values(read(path), ["machines.provider.no=1"])
    assert path.read_text() == TEXT
