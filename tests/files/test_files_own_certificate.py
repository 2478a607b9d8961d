"""components/traefik/files/own_certificate.sh: writes an operator's own certificate where Traefik reads it."""

import stat
import subprocess
from pathlib import Path

from cryptography import x509

from components.traefik.own_certificate import key_mistakes
from tests.files.shipped import COMPONENTS
from tests.support.self_signed import self_signed

CERTIFICATE, KEY = self_signed(x509.DNSName("example.org"))
SCRIPT = COMPONENTS / "traefik/files/own_certificate.sh"


def written(folder: Path, certificate: str) -> Path:
    """Return the file that the script writes, with folders below `folder` in the places of those of its container."""
    text = SCRIPT.read_text(encoding="utf-8").replace("/copies/", f"{folder}/copies/")
    for place, content in {"/etc/traefik/certificate.pem": certificate, "/run/secrets/key": KEY}.items():
        given = folder / Path(place).name
        given.write_text(content, encoding="utf-8")
        text = text.replace(place, str(given))
    (folder / "copies").mkdir(exist_ok=True)
    subprocess.run(["sh", "-c", text.replace("exec haproxy", "exec true")], check=True)
    return folder / "copies/own.pem"


def test_certificate_and_key_are_one_file_for_its_owner_alone(tmp_path: Path) -> None:
    """Also where the certificate has no line break at its end, as `pulumi config set` stores it."""
    file = written(tmp_path, CERTIFICATE.rstrip("\n"))
    text = file.read_text(encoding="utf-8")
    certificate, _, key = text.partition("\n-----BEGIN PRIVATE KEY")
    assert certificate.strip() == CERTIFICATE.strip()
    assert list(key_mistakes(certificate, f"-----BEGIN PRIVATE KEY{key}")) == []
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [one.name for one in file.parent.iterdir()] == ["own.pem"]


def test_other_certificate_takes_the_place_of_the_first(tmp_path: Path) -> None:
    other, _ = self_signed(x509.DNSName("example.org"), key=KEY)
    assert written(tmp_path, CERTIFICATE).read_text(encoding="utf-8").startswith(CERTIFICATE)
    assert written(tmp_path, other).read_text(encoding="utf-8").startswith(other)
