"""The sections of the settings as Pulumi.yaml declares them; `python -m docs.settings_table` writes them."""

from collections.abc import Iterator
from pathlib import Path

import yaml

from components.errors import NAMESPACE
from stacks.config.settings import Settings

FILE = Path(__file__).parents[1] / "Pulumi.yaml"
MARK = "config:\n"


def text() -> str:
    """Return the text of Pulumi.yaml with the sections of today."""
    before, _, _ = FILE.read_text(encoding="utf-8").partition(MARK)
    return before + MARK + "".join(_lines())


def _lines() -> Iterator[str]:
    for name, field in Settings.model_fields.items():
        is_text = name == "kind"
        if not field.is_required() and field.default is None:
            continue  # not an object, and not required
        yield f"  {NAMESPACE}:{name}:\n    type: {'string' if is_text else 'object'}\n"
        description = yaml.safe_dump(
            field.description, width=1000, default_style='"' if "`" in str(field.description) else None
        )
        yield f"    description: {description.splitlines()[0]}\n"
        if not field.is_required():
            yield "    default: {}\n"
