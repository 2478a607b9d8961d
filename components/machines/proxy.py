"""The HTTP proxy between machines and the internet, for the packages and the engine of a machine."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

OWN = ("localhost", "127.0.0.0/8")


@dataclass(frozen=True, kw_only=True)
class Proxy:
    """A proxy, and what a machine reaches without it."""

    http: str = ""  # URL of the proxy for http; empty: none
    https: str = ""  # URL of the proxy for https; empty: none
    excluded: Sequence[str] = ()  # host names, domains such as ".example.org", addresses and networks
    addresses: Sequence[pulumi.Input[str]] = ()  # of the machine itself and of managers

    @property
    def is_used(self) -> bool:
        """Whether there is a proxy."""
        return bool(self.http or self.https)

    def props(self) -> dict[str, str]:
        """Return the plain settings for a preview, without addresses of machines."""
        return {"http": self.http, "https": self.https, "no_proxy": ",".join((*OWN, *self.excluded))}

    def parameters(self) -> dict[str, pulumi.Input[str]]:
        """Return the parameters of scripts."""
        if not self.is_used:
            return {"PROXY_HTTP": "", "PROXY_HTTPS": "", "PROXY_EXCLUDED": ""}
        excluded = pulumi.Output.all(*OWN, *self.excluded, *self.addresses).apply(
            lambda parts: ",".join(dict.fromkeys(str(part) for part in parts))
        )
        return {"PROXY_HTTP": self.http, "PROXY_HTTPS": self.https, "PROXY_EXCLUDED": excluded}


NO_PROXY = Proxy()
