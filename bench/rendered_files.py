"""Writes the files that the script's stacks read, as the program renders them: `python -m bench.rendered_files FOLDER`.

A stack names the file of each config. The program renders the file that the same service has at the same path.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from tests.support.configs import target
from tests.support.pulumi_run import run_program

STACKS = Path(__file__).parent / "stacks"
MANAGEMENT = ["10.77.0.0/16", "10.80.0.0/12"]  # who reaches consoles: this computer, at the machines of the bench


def rendered() -> dict[tuple[str, str], str]:
    """Return the text of each file that a service of a target reads, by service and path."""
    document = target(managers=1, nfs={"server": "ganesha"}, firewall={"management": MANAGEMENT})
    fake = run_program(document).engine
    found = {}
    for name, kind in fake.types.items():
        if kind != "docker:index/service:Service":
            continue
        for config in fake.inputs(name)["taskSpec"]["containerSpec"].get("configs", []):
            logical = next(one for one in fake.types if fake.outputs.get(one, {}).get("id") == config["configId"])
            found[name.removesuffix("-service"), config["fileName"]] = str(fake.inputs(logical)["dataRaw"])
    return found


def files(stack: dict[str, Any], texts: dict[tuple[str, str], str]) -> Iterator[tuple[str, str]]:
    """Yield name and text of each file that a stack reads.

    Errors: KeyError for a config whose service has no such file in the program.
    """
    for service, settings in stack["services"].items():
        for config in settings.get("configs", []):
            yield stack["configs"][config["source"]]["file"], texts[service, config["target"]]


def of_stacks(text: str) -> str:
    """Return a text with the names that services have where `docker stack deploy` puts the stack's before them."""
    return re.sub(r"regex: ([a-z-]*);monitoring", r"regex: .+_\1;monitoring", text)


def main(folder: Path) -> None:
    """Write all files below the folder."""
    texts = rendered()
    for path in sorted(STACKS.glob("*.yaml")):
        for name, text in files(yaml.safe_load(path.read_text(encoding="utf-8")), texts):
            file = folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(of_stacks(text), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
