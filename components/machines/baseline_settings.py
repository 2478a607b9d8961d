"""Settings of an HTTP proxy and of additional packages on every machine."""

import json
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from components.fields import Section, Url
from components.text_form import TextForm

ProxyExclusion = Annotated[
    str,
    TextForm(
        r"^\.?[A-Za-z0-9][A-Za-z0-9.-]*(/[0-9]{1,2})?$",
        "a host, a domain with a dot before it, or a network",
        ".example.org",
    ),
]
ENGINE_PACKAGES = ("docker.io", "docker-ce", "docker-ce-cli", "containerd", "containerd.io", "runc")


def _no_engine(name: str) -> str:
    if name in ENGINE_PACKAGES:
        raise ValueError("other packages, as engine.source and engine.version choose those of the engine")
    return name


PackageName = Annotated[
    str, TextForm(r"^[a-z0-9][a-z0-9+.-]+$", "the name of a package", "htop"), AfterValidator(_no_engine)
]


PROXIES = ["http://proxy.example.org:3128"]


class ProxySettings(Section):
    """The HTTP proxy for packages and images of the machines. Containers do not use it."""

    http: Url | None = Field(None, examples=PROXIES, description="URL of the proxy for http")
    https: Url | None = Field(
        None, examples=PROXIES, description="URL of the proxy for https; the URL may begin with http://"
    )
    no_proxy: list[ProxyExclusion] = Field(
        [], description="hosts, networks and domains such as `.example.org`, reached without the proxy"
    )

    @property
    def is_used(self) -> bool:
        """Whether there is a proxy."""
        return self.http is not None or self.https is not None

    @model_validator(mode="after")
    def _excludes_from_a_proxy(self) -> Self:
        """`machines.proxy.no_proxy` requires `http` or `https`."""
        if self.no_proxy and not self.is_used:
            raise ValueError(f"no_proxy: {json.dumps(self.no_proxy)} given; allowed: only with http or https")
        return self
