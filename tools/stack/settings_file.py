"""Files of stacks: `Pulumi.<stack>.yaml`, read by a YAML parser, however their lines are written."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import yaml

from tools.console import fail

CHECKOUT = Path(__file__).resolve().parents[2]
NAMESPACE = "nuvla-swarm"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


@dataclass(frozen=True)
class SettingsFile:
    """The file of a stack; `document` is its content, with secrets encrypted."""

    path: Path
    document: Mapping[str, Any]

    @property
    def name(self) -> str:
        """Name of the stack, without an organization."""
        return self.path.name.removeprefix("Pulumi.").removesuffix(".yaml")

    def section(self, key: str) -> Mapping[str, Any]:
        """Return a section of the settings such as `machines`, empty if it is missing or no section."""
        value = _mapping(self.document.get("config")).get(f"{NAMESPACE}:{key}")
        return _mapping(value)

    def value(self, key: str) -> Any:
        """Return a setting that is no section, such as `kind`."""
        return _mapping(self.document.get("config")).get(f"{NAMESPACE}:{key}")

    @property
    def provider(self) -> str | None:
        """Provider of the machines, if the file names one."""
        provider = self.section("machines").get("provider")
        return str(provider) if provider else None

    @property
    def is_local(self) -> bool:
        return self.provider == "local"

    @property
    def is_remote(self) -> bool:
        """Whether the machines are elsewhere; of a file without a provider, nobody knows."""
        return self.provider is not None and not self.is_local

    @property
    def has_state(self) -> bool:
        """Whether a state was made for this file: it then has the salt or the key of the state's secrets."""
        return any(self.document.get(key) for key in ("encryptionsalt", "encryptedkey"))

    @property
    def secrets_provider(self) -> str | None:
        """URL of the key service that encrypts secrets, such as `awskms://...`; None for a passphrase."""
        provider = self.document.get("secretsprovider")
        return str(provider) if provider and provider != "passphrase" else None

    @property
    def has_secrets(self) -> bool:
        """Whether a setting is encrypted."""
        return _has_secure(self.document.get("config"))

    def words(self) -> str:
        """Return the kind, the provider and the place of the machines, such as `target on exoscale ch-gva-2`."""
        machines = self.section("machines")
        zone = f" {machines['zone']}" if machines.get("zone") else ""
        return f"{self.value('kind') or 'target'} on {self.provider or 'no provider'}{zone}"

    def machine_count(self) -> int:
        """Return the number of machines that the settings name."""
        pools = _mapping(self.section("machines").get("pools")).values()
        sizes = [pool.get("hosts", pool.get("count", 1)) for pool in map(_mapping, pools)]
        return sum(
            len(size) if isinstance(size, Mapping) else size for size in sizes if isinstance(size, Mapping | int)
        )


def names(checkout: Path = CHECKOUT) -> list[str]:
    """Return the names of all stacks that have a file."""
    files = checkout.glob("Pulumi.*.yaml")
    return sorted(file.name.removeprefix("Pulumi.").removesuffix(".yaml") for file in files if file.is_file())


def examples(checkout: Path = CHECKOUT) -> list[str]:
    """Return the names of the examples that `make stack` copies."""
    return sorted(file.stem for file in (checkout / "examples").glob("*.yaml"))


def find(stack: str, checkout: Path = CHECKOUT) -> SettingsFile:
    """Return the file of a stack, which may be given with its organization, as <organization>/<stack>.

    Errors: exits with a line if there is no such file, or if it is no YAML.
    """
    name = stack.rpartition("/")[2]
    path = checkout / f"Pulumi.{name}.yaml"
    parts = stack.split("/")  # [<organization>/[<project>/]]<stack>
    if not all(map(NAME.fullmatch, parts)) or len(parts) > 3 or not path.is_file():
        fail(_missing(name, checkout))
    return read(path)


def read(path: Path) -> SettingsFile:
    """Parse a file of settings; exit with a line that names the place if it is no YAML."""
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError, OSError) as error:
        mark = getattr(error, "problem_mark", None)
        place = f", line {mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or str(error).partition("\n")[0]
        fail(f"{path.name}{place} is no YAML: {problem}")
    return SettingsFile(path, _mapping(document))


def _missing(name: str, checkout: Path) -> str:
    known = ", ".join(names(checkout)) or "none"
    if name in examples(checkout):
        return (
            f"there is no stack {name}, but an example; to preview it: make preview EXAMPLE={name}; "
            f"for a stack of your own: make stack NAME=prod FROM={name}"
        )
    close = get_close_matches(name, names(checkout), 1)
    guess = f" (did you mean {close[0]}?)" if close else ""
    shown = name if NAME.fullmatch(name) else "prod"
    return (
        f"there is no Pulumi.{name}.yaml{guess}; stacks are {known} (STACK=<stack>); for a new one: "
        f"make stack NAME={shown} FROM=<example>, where examples are {', '.join(examples(checkout))}"
    )


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _has_secure(value: Any) -> bool:
    if isinstance(value, Mapping):
        return "secure" in value or any(map(_has_secure, value.values()))
    return isinstance(value, list) and any(map(_has_secure, value))
