"""Types of the values of settings, and the base class of their sections."""

import json
import re
from ipaddress import IPv4Network, ip_network
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidatorFunctionWrapHandler, WrapValidator

from components.text_form import TextForm

LONGEST_PREFIX = 28  # prefix length of the smallest network in an address range


def _network(value: Any, parse: ValidatorFunctionWrapHandler) -> Any:
    try:
        return parse(value)
    except ValueError as error:  # pydantic's text does not say which values are allowed
        raise ValueError(f"an IPv4 network{_meant_network(value)}") from error


def _meant_network(value: Any) -> str:
    """Return the mistake in a network, and the networks that the user may have meant."""
    if not isinstance(value, str):
        return ""
    try:
        network = ip_network(value, strict=False)
    except ValueError:
        return ""
    if not isinstance(network, IPv4Network):
        return "; this one is IPv6, and only IPv4 is supported"
    address = value.partition("/")[0]
    return f"; did you mean {network} (the network) or {address}/32 (this address)?"


def _range(network: IPv4Network) -> IPv4Network:
    if network.prefixlen > LONGEST_PREFIX:
        raise ValueError(f"a network of /{LONGEST_PREFIX} or larger")
    return network


def _without_scheme(text: str) -> str:
    """Return advice on a URL that stands in the place of a name."""
    found = re.match(r"https?://([\w.-]+)", text.strip())
    return f"did you mean {found[1].lower()}?" if found else ""


Network = Annotated[IPv4Network, WrapValidator(_network), Field(examples=["10.77.0.0/16"])]
AddressRange = Annotated[Network, AfterValidator(_range)]
NAME_PATTERN = r"^[a-z][a-z0-9-]{0,30}$"  # of networks, pools and operators
Name = Annotated[
    str,
    TextForm(NAME_PATTERN, "a name of lower-case letters, digits and hyphens, a letter first", "my-name"),
]
Domain = Annotated[
    str,
    TextForm(
        r"^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+([a-z]{2,}|xn--[a-z0-9-]*[a-z0-9])$",
        "a DNS name in lower case, without scheme and path",
        "nuvla.example.org",
        advice=_without_scheme,
    ),
]
Image = Annotated[
    str, TextForm(r"^[\w./:-]+(:[\w.-]+|@sha256:[0-9a-f]{64})$", "an image with a tag or a digest", "traefik:v3.7.14")
]
Label = Annotated[
    str, TextForm(r"^[\w./-]+$", "letters, digits, dots, slashes, hyphens and underscores", "example.org/disk")
]
SingleLineText = Annotated[str, TextForm(r"^[^\r\n]*$", "text on one line", "words")]
Url = Annotated[
    str, TextForm(r"^https?://[\w.-]+(:[0-9]+)?$", "a URL without a path", "https://mirror.example.org:5000")
]
Duration = Annotated[
    str,
    TextForm(
        r"^(?:[1-9][0-9]*y)?(?:[1-9][0-9]*w)?(?:[1-9][0-9]*d)?(?:[1-9][0-9]*h)?(?:[1-9][0-9]*m)?(?:[1-9][0-9]*s)?"
        r"(?:[1-9][0-9]*ms)?(?<=.)$",
        "a duration in y, w, d, h, m, s or ms",
        "15d",
    ),
]
Size = Annotated[str, TextForm(r"^[1-9][0-9]*(MB|GB|TB)$", "a size in MB, GB or TB", "5GB")]
Email = Annotated[str, TextForm(r"^[\w.+-]+@[\w-]+(\.[\w-]+)*$", "an e-mail address", "ops@example.org")]
Host = Annotated[str, TextForm(r"^[\w.-]+$", "a host name or an IPv4 address", "mail.example.org")]
Version = Annotated[str, TextForm(r"^\d+\.\d+\.\d+$", "a version of three numbers", "28.5.1")]
PageUrl = Annotated[
    str, TextForm(r"^https?://[\w.-]+(:[0-9]+)?(/[\w.~%/-]*)?$", "the URL of a page", "https://example.org/runbooks")
]
RelativeFolder = Annotated[
    str, TextForm(r"^\w[\w.-]*(/\w[\w.-]*)*$", "a folder below that of the program", "monitoring/prod")
]
Clock = Annotated[str, TextForm(r"^([01][0-9]|2[0-3]):[0-5][0-9]$", "a time of day", "22:00")]


def former(name: str) -> dict[str, Any]:
    """Return the former name of a setting for its field: the program refuses that name with the new name."""
    return {"former": name}


def hint(text: str) -> dict[str, Any]:
    """Return the end of the line about a wrong text; `{given}` stands for that text."""
    return {"hint": text}


def memory_limit(default: int, *, least: int, process: str) -> Any:
    """Return the field of a memory limit; `process` names whose limit it is."""
    return Field(default, ge=least, description=f"memory limit in MiB, above which {process} is killed")


class Section(BaseModel):
    """A section of settings: plain values known before the deployment, without secrets and Outputs."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    def template_values(self) -> dict[str, str]:
        """Return the plain values of the section as templates take them: text as it is, the rest as JSON."""
        plain = {name: value for name, value in self if isinstance(value, str | int | float | bool)}
        return {name: value if isinstance(value, str) else json.dumps(value) for name, value in plain.items()}
