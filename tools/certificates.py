"""What certificate a machine shows."""

import socket
import ssl

from cryptography import x509
from cryptography.x509.oid import NameOID


def shown(address: str, name: str, port: int = 443) -> str:
    """Who issued what is shown to somebody who asks for a name, and when it ends; nobody checks it here."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        with (
            socket.create_connection((address, port), timeout=5) as connection,
            context.wrap_socket(connection, server_hostname=name) as secured,
        ):
            certificate = secured.getpeercert(binary_form=True)
    except OSError as error:
        return f"does not answer: {type(error).__name__}"
    assert certificate  # there is none without a handshake
    found = x509.load_der_x509_certificate(certificate)
    names = found.issuer.get_attributes_for_oid(NameOID.COMMON_NAME)
    issuer = str(names[0].value) if names else found.issuer.rfc4514_string()
    issued = "self-signed" if found.issuer == found.subject else f"issued by {issuer}"
    return f"{issued}, until {found.not_valid_after_utc:%Y-%m-%d}"
