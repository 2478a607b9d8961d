"""Settings of Traefik."""

from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from components.fields import Email, Section, former

Directory = Annotated[str, StringConstraints(pattern=r"^https://[\w.-]+(:[0-9]+)?/[\w./-]*$")]
Pem = Annotated[
    str, StringConstraints(pattern=r"^(-----BEGIN CERTIFICATE-----[\w+/=\n]+-----END CERTIFICATE-----\n?)+$")
]


class AcmeSettings(Section):
    """Certificates of Let's Encrypt, by the challenge over HTTP; they need a `domain`."""

    email: Email = Field(description="of the account, for who issues the certificates")
    staging: bool = Field(False, description="whether Let's Encrypt's server for trials is asked; nobody trusts it")
    server: Directory | None = Field(None, description="directory of another ACME server")
    server_ca: Pem | None = Field(None, description="certificate, in PEM, that `server` is trusted by")
    machine: str | None = Field(None, description="manager that keeps them; the first active one if unset")

    @model_validator(mode="after")
    def _one_server(self) -> Self:
        if self.staging and self.server is not None:
            raise ValueError(f"staging: true given; allowed: false, as traefik.acme.server is {self.server}")
        if self.server_ca is not None and self.server is None:
            raise ValueError("server: not given; required: the ACME server that traefik.acme.server_ca is for")
        return self


class TraefikSettings(Section):
    """The entry to the services."""

    log_level: Literal["DEBUG", "INFO", "WARN", "ERROR"] = Field("INFO", description="what TraefikSettings logs")
    access_log: bool = Field(False, description="whether TraefikSettings logs every request")
    memory_limit_mib: int = Field(512, ge=64, description="memory at which it is killed")
    self_signed_days: int = Field(
        365,
        ge=60,
        le=3650,
        description="lifetime of the self-signed certificate",
        json_schema_extra=former("certificate_days"),
    )
    acme: AcmeSettings | None = Field(None, description="certificates of Let's Encrypt; self-signed ones if unset")
