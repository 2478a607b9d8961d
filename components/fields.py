"""Types of the values of settings, and the base class of their sections."""

import json
from ipaddress import IPv4Network
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)

LONGEST_PREFIX = 28  # prefix length of the smallest network in an address range


def _network(value: Any, parse: ValidatorFunctionWrapHandler) -> Any:
    try:
        return parse(value)
    except ValueError as error:  # pydantic's text does not say which values are allowed
        raise ValueError("an IPv4 network with no host bits set, such as 10.77.0.0/16") from error


def _range(network: IPv4Network) -> IPv4Network:
    if network.prefixlen > LONGEST_PREFIX:
        raise ValueError(f"a network of /{LONGEST_PREFIX} or larger")
    return network


Network = Annotated[IPv4Network, WrapValidator(_network)]
AddressRange = Annotated[Network, AfterValidator(_range)]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,30}$")]
Domain = Annotated[str, StringConstraints(pattern=r"^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$")]
Image = Annotated[str, StringConstraints(pattern=r"^[\w./:-]+(:[\w.-]+|@sha256:[0-9a-f]{64})$")]
Label = Annotated[str, StringConstraints(pattern=r"^[\w./-]+$")]
SingleLineText = Annotated[str, StringConstraints(pattern=r"^[^\r\n]*$")]
Url = Annotated[str, StringConstraints(pattern=r"^https?://[\w.-]+(:[0-9]+)?$")]
PageUrl = Annotated[str, StringConstraints(pattern=r"^https?://[\w.-]+(:[0-9]+)?(/[\w.~%/-]*)?$")]
RelativeFolder = Annotated[str, StringConstraints(pattern=r"^\w[\w.-]*(/\w[\w.-]*)*$")]
Clock = Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
Duration = Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]*(ms|s|m|h|d|w|y)$")]
Size = Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]*(MB|GB|TB)$")]
Email = Annotated[str, StringConstraints(pattern=r"^[\w.+-]+@[\w-]+(\.[\w-]+)*$")]
Host = Annotated[str, StringConstraints(pattern=r"^[\w.-]+$")]


def former(name: str) -> dict[str, Any]:
    """Return the former name of a setting for its field: the program refuses that name with the new name."""
    return {"former": name}


def memory_limit(default: int, *, least: int, process: str) -> Any:
    """Return the field of a memory limit; `process` names whose limit it is."""
    return Field(default, ge=least, description=f"memory limit of {process} in MiB; its container is killed above it")


class Section(BaseModel):
    """A section of settings: plain values known before the deployment, without secrets and Outputs."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    def template_values(self) -> dict[str, str]:
        """Return the plain values of the section as templates take them: text as it is, the rest as JSON."""
        plain = {name: value for name, value in self if isinstance(value, str | int | float | bool)}
        return {name: value if isinstance(value, str) else json.dumps(value) for name, value in plain.items()}
