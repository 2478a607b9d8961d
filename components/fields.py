"""Types of the values of settings, and the base class of their sections."""

import json
import re
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from components.text_form import TextForm


def _without_scheme(text: str) -> list[str]:
    """Return the host name in a URL, which stands in the place of a name."""
    found = re.match(r"\s*(?:[a-z+.-]+://)?(?:[^@/\s]*@)?(?:\*\.)?([\w.-]+?)\.?(?::\d*)?(?:/.*)?$", text, re.IGNORECASE)
    return [found[1].lower()] if found else []


def _with_scheme(text: str) -> list[str]:
    """Return the URL of a host, of a text without scheme, or with a login or a path."""
    found = re.match(r"\s*(?:(https?)://)?(?:[^@/\s]*@)?([\w.-]+(?::\d+)?)(?:/.*)?\s*$", text, re.IGNORECASE)
    if not found:
        return []
    scheme = "http" if re.search(r":(?!443$)\d+$", found[2]) else "https"
    return [f"{(found[1] or scheme).lower()}://{found[2]}"]


def _with_short_unit(text: str) -> list[str]:
    """Return a duration whose unit is a word, with the short unit."""
    found = re.fullmatch(r"([1-9]\d*)\s*(ms|mil|mi|s|h|d|w|y)[a-z]*", text.strip(), re.IGNORECASE)
    units = {"mil": "ms", "mi": "m"}
    return [found[1] + units.get(found[2].lower(), found[2].lower())] if found else []


def _with_byte_unit(text: str) -> list[str]:
    """Return a size whose unit has another form, such as `5Gi`, with the unit that the setting takes."""
    found = re.fullmatch(r"([1-9]\d*)\s*([mgt])i?b?", text.strip(), re.IGNORECASE)
    return [f"{found[1]}{found[2].upper()}B"] if found else []


def _address_in(text: str) -> list[str]:
    """Return the one e-mail address in a text such as `Operators <ops@example.org>`."""
    found = re.findall(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)*", text)
    return found if len(found) == 1 else []


def _version_in(text: str) -> list[str]:
    return re.findall(r"\d+\.\d+\.\d+", text)[:1]


NAME_PATTERN = r"^[a-z][a-z0-9-]{0,30}$"  # of networks, pools and operators
Name = Annotated[
    str,
    TextForm(NAME_PATTERN, "a name of lower-case letters, digits and hyphens, a letter first", "my-name"),
]
Domain = Annotated[
    str,
    TextForm(
        r"^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+([a-z]{2,}|xn--[a-z0-9-]*[a-z0-9])$",
        "a DNS name in lower case, without scheme, port and path",
        "nuvla.example.org",
        candidates=_without_scheme,
    ),
]
Image = Annotated[
    str,
    TextForm(
        r"^(?!\w+://)[\w./:-]+(:[\w.-]+|@sha256:[0-9a-f]{64})$",
        "an image with a tag or a digest",
        "traefik:v3.7.14",
        candidates=lambda text: [text.partition("://")[2]],
    ),
]
Label = Annotated[
    str, TextForm(r"^[\w./-]+$", "letters, digits, dots, slashes, hyphens and underscores", "example.org/disk")
]
SingleLineText = Annotated[str, TextForm(r"^[^\r\n]*$", "text on one line", "words")]
Url = Annotated[
    str,
    TextForm(
        r"^https?://[\w.-]+(:[0-9]+)?$",
        "a URL without login and path",
        "https://mirror.example.org:5000",
        candidates=_with_scheme,
    ),
]
Duration = Annotated[
    str,
    TextForm(
        r"^(?:[1-9][0-9]*y)?(?:[1-9][0-9]*w)?(?:[1-9][0-9]*d)?(?:[1-9][0-9]*h)?(?:[1-9][0-9]*m)?(?:[1-9][0-9]*s)?"
        r"(?:[1-9][0-9]*ms)?(?<=.)$",
        "a duration in y, w, d, h, m, s or ms",
        "15d",
        candidates=_with_short_unit,
    ),
]
Size = Annotated[str, TextForm(r"^[1-9][0-9]*(MB|GB|TB)$", "a size in MB, GB or TB", "5GB", candidates=_with_byte_unit)]
Email = Annotated[
    str,
    TextForm(r"^[\w.+-]+@[\w-]+(\.[\w-]+)*$", "an e-mail address", "ops@example.org", candidates=_address_in),
]
Host = Annotated[
    str,
    TextForm(r"^[\w.-]+$", "a host name or an IPv4 address", "mail.example.org", candidates=_without_scheme),
]
Version = Annotated[str, TextForm(r"^\d+\.\d+\.\d+$", "a version of three numbers", "28.5.2", candidates=_version_in)]
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
