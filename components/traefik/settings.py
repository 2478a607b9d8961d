"""Settings of Traefik and of the certificates that it serves."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from components.fields import Email, Section, former, memory_limit
from components.text_form import TextForm

AcmeDirectoryUrl = Annotated[
    str,
    TextForm(
        r"^https://[\w.-]+(:[0-9]+)?/[\w./-]*$", "the https URL of a directory", "https://acme.example.org/directory"
    ),
]
Pem = Annotated[
    str,
    TextForm(
        r"^(-----BEGIN CERTIFICATE-----[\w+/=\n]+-----END CERTIFICATE-----\n?)+$",
        "certificates in PEM",
        "-----BEGIN CERTIFICATE-----\nMIIB...=\n-----END CERTIFICATE-----".replace("...", "A" * 8),
    ),
]


class AcmeSettings(Section):
    """Certificates of Let's Encrypt, by the HTTP challenge; they require `domain`."""

    email: Email = Field(description="contact address of the ACME account")
    staging: bool = Field(
        False, description="whether to use Let's Encrypt's staging server; browsers distrust its certificates"
    )
    server: AcmeDirectoryUrl | None = Field(None, description="directory URL of another ACME server")
    server_ca: Pem | None = Field(None, description="CA certificate in PEM that verifies `server`")
    machine: str | None = Field(
        None, description="manager that stores the certificates; the first active manager if unset"
    )

    @model_validator(mode="after")
    def _has_one_server(self) -> Self:
        """`traefik.acme.server` excludes `traefik.acme.staging`, and `traefik.acme.server_ca` requires it."""
        if self.staging and self.server is not None:
            raise ValueError(f"staging: true given; allowed: false, as traefik.acme.server is {self.server}")
        if self.server_ca is not None and self.server is None:
            raise ValueError("server: not given; required: the ACME server that traefik.acme.server_ca is for")
        return self


class TraefikSettings(Section):
    """Traefik, the reverse proxy in front of the services."""

    log_level: Literal["DEBUG", "INFO", "WARN", "ERROR"] = Field("INFO", description="log level of Traefik")
    access_log: bool = Field(False, description="whether Traefik logs every request")
    memory_limit_mib: int = memory_limit(512, least=64, process="Traefik")
    self_signed_days: int = Field(
        365,
        ge=60,
        le=3650,
        description="lifetime of the self-signed certificate in days",
        json_schema_extra=former("certificate_days"),
    )
    acme: AcmeSettings | None = Field(None, description="certificates of Let's Encrypt; self-signed if unset")
