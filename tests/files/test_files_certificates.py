"""The two programs that share certificates: HAProxy takes their configuration, and the Lua that it loads."""

from pathlib import Path

import pytest
from cryptography import x509

from tests.files.shipped import COMPONENTS, says
from tests.support.rows import rows
from tests.support.self_signed import self_signed

pytestmark = pytest.mark.tools("haproxy")

FILES = COMPONENTS / "traefik/files"
PROGRAMS = ["certificates", "copies"]  # that load Lua
CONFIGURATIONS = [*PROGRAMS, "own_certificate"]


def placed(folder: Path, program: str) -> Path:
    """The configuration of a program, with what it reads in a folder instead of where containers have it."""
    certificate, key = self_signed(x509.DNSName("traefik-certificates"))
    (folder / "sharing").write_text(certificate + key)
    (folder / "sharing.pem").write_text(certificate)
    for suffix in ("cfg", "lua") if program in PROGRAMS else ("cfg",):
        text = (FILES / f"{program}.{suffix}").read_text(encoding="utf-8")
        text = text.replace("/etc/haproxy/", f"{folder}/").replace("/run/secrets/", f"{folder}/")
        (folder / f"{program}.{suffix}").write_text(text, encoding="utf-8")
    return folder / f"{program}.cfg"


@rows("program", CONFIGURATIONS)
def test_haproxy_accepts_the_certificate_sync_configuration(tmp_path: Path, program: str) -> None:
    assert says("haproxy", "-c", "-f", placed(tmp_path, program)) == ""


@rows("program", PROGRAMS)
def test_haproxy_rejects_broken_lua(tmp_path: Path, program: str) -> None:
    configuration, lua = placed(tmp_path, program), tmp_path / f"{program}.lua"
    lua.write_text(lua.read_text(encoding="utf-8").replace("end)", "", 1), encoding="utf-8")
    assert f"{program}.lua" in says("haproxy", "-c", "-f", configuration)


def test_every_certificate_sync_file_is_checked_by_haproxy() -> None:
    for suffix, known in (("lua", PROGRAMS), ("cfg", CONFIGURATIONS)):
        found = sorted(path.stem for path in FILES.glob(f"*.{suffix}"))
        assert found == known, f"name each .lua in PROGRAMS, and each .cfg in CONFIGURATIONS, of {Path(__file__).name}"
