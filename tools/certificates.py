"""Lines on certificates: of Docker's API, from the outputs, and of a machine's port 443."""

import socket
import ssl
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from cryptography import x509
from cryptography.x509.oid import NameOID

from tools.console import Fault

NOTICE_DAYS = 30  # before the end; within them, `make up` renews a certificate
NUVLA = "nuvla"


def of_docker(ends: Mapping[str, str], stack: str) -> Iterator[str]:
    """Yield a line for the end of each certificate of Docker's API: Nuvla's first, then the earliest."""
    for holder, end in sorted(ends.items(), key=lambda item: (item[0] != NUVLA, str(item[1]))):
        try:
            until = datetime.fromisoformat(end)
        except (TypeError, ValueError):
            yield f"on 2376, of {holder}: until {end}"
            continue
        days = (until.astimezone(UTC) - datetime.now(UTC)).days
        validity = f"{days} days" if days >= 0 else "expired"
        todo = ""
        if days <= NOTICE_DAYS:
            todo = f"; `make up STACK={stack}` renews it"
            todo += (
                f", then `make nuvla STACK={stack}` writes the new one: paste it into the credential in Nuvla"
                if holder == NUVLA
                else ""
            )
        text = f"on 2376, of {holder}: until {until:%Y-%m-%d}, {validity}{todo}"
        yield text if days >= 0 else Fault(text)


def shown(address: str, name: str, port: int = 443) -> str:
    """Return the issuer and the end of the certificate that a machine serves for a name; do not verify it."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        with (
            socket.create_connection((address, port), timeout=5) as connection,
            context.wrap_socket(connection, server_hostname=name or None) as secured,
        ):
            certificate = secured.getpeercert(binary_form=True)
        if not certificate:
            return Fault("none is shown")
        parsed = x509.load_der_x509_certificate(certificate)
    except (OSError, ValueError) as error:
        return Fault(f"does not answer: {type(error).__name__}")
    names = parsed.issuer.get_attributes_for_oid(NameOID.COMMON_NAME)
    issuer = str(names[0].value) if names else parsed.issuer.rfc4514_string()
    issued = "self-signed" if parsed.issuer == parsed.subject else f"issued by {issuer}"
    return f"{issued}, until {parsed.not_valid_after_utc:%Y-%m-%d}"
