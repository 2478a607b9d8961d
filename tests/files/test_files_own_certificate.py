"""components/traefik/files/own_certificate.sh: writes an operator's own certificate where Traefik reads it."""

import os
import signal
import stat
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from tests.e2e.waiting import wait_for
from tests.files.shipped import COMPONENTS
from tests.support.self_signed import self_signed

CERTIFICATE, KEY = self_signed(x509.DNSName("example.org"))
SCRIPT = COMPONENTS / "traefik/files/own_certificate.sh"


@contextmanager
def running(folder: Path, certificate: str) -> Iterator[subprocess.Popen[bytes]]:
    """Yield the script, with folders below `folder` in the places of those of its container."""
    places = {"/etc/traefik/certificate.pem": certificate, "/run/secrets/key": KEY}
    text = SCRIPT.read_text(encoding="utf-8").replace("/copies/", f"{folder}/copies/")
    for place, content in places.items():
        given = folder / Path(place).name
        given.write_text(content, encoding="utf-8")
        text = text.replace(place, str(given))
    (folder / "copies").mkdir(exist_ok=True)
    with subprocess.Popen(["sh", "-c", text], start_new_session=True) as process:
        try:
            yield process
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)  # with the `sleep` that it waits for


def test_certificate_and_key_are_one_file_for_its_owner_alone(tmp_path: Path) -> None:
    """Also where the certificate has no line break at its end, as `pulumi config set` stores it."""
    written = tmp_path / "copies/own.pem"
    with running(tmp_path, CERTIFICATE.rstrip("\n")) as process:
        wait_for(written.exists, "the file is written")
        text = written.read_bytes()
        assert x509.load_pem_x509_certificates(text) == x509.load_pem_x509_certificates(CERTIFICATE.encode())
        assert KEY in text.decode()
        assert load_pem_private_key(KEY.encode(), None)
        assert stat.S_IMODE(written.stat().st_mode) == 0o600
        assert [file.name for file in written.parent.iterdir()] == ["own.pem"]
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) == 0, "Docker would kill it after the time to stop"


def test_other_certificate_takes_the_place_of_the_first(tmp_path: Path) -> None:
    written, (other, _) = tmp_path / "copies/own.pem", self_signed(x509.DNSName("example.org"), key=KEY)
    for certificate in (CERTIFICATE, other):
        with running(tmp_path, certificate):
            wait_for(lambda: written.exists() and certificate in written.read_text(), "the file is written")  # noqa: B023
