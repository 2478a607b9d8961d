"""Command that prints the provider of a stack's machines, if its file names one: `python -m tools.provider STACK`."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

CHECKOUT = Path(__file__).resolve().parents[1]
NAMESPACE = "nuvla-swarm"


def machines_of(stack: str, checkout: Path = CHECKOUT) -> Mapping[str, Any]:
    """Return the section `machines` of a stack, such as `prod` or `acme/prod`; empty if the file has none.

    Errors: exits with a line if the file is missing or is no YAML.
    """
    path = checkout / f"Pulumi.{stack.rpartition('/')[2]}.yaml"
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        sys.exit(f"nuvla-swarm: error: there is no {path.name}; `make stack` creates it from an example")
    except yaml.YAMLError as error:
        sys.exit(f"nuvla-swarm: error: {path.name} is no YAML: {' '.join(str(error).split())}")
    config = document.get("config") if isinstance(document, Mapping) else None
    machines = config.get(f"{NAMESPACE}:machines") if isinstance(config, Mapping) else None
    return machines if isinstance(machines, Mapping) else {}


if __name__ == "__main__":
    print(machines_of(sys.argv[1]).get("provider") or "")
