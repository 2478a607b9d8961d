"""The certificate that a machine serves."""

import socket
import ssl

from cryptography import x509
from cryptography.x509.oid import NameOID


def shown(address: str, name: str, port: int = 443) -> str:
    """Return the issuer and the end of the certificate that a machine serves for a name; do not verify it."""
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
    assert certificate  # only a connection without a handshake has none
    parsed = x509.load_der_x509_certificate(certificate)
    names = parsed.issuer.get_attributes_for_oid(NameOID.COMMON_NAME)
    issuer = str(names[0].value) if names else parsed.issuer.rfc4514_string()
    issued = "self-signed" if parsed.issuer == parsed.subject else f"issued by {issuer}"
    return f"{issued}, until {parsed.not_valid_after_utc:%Y-%m-%d}"
