"""Start of a plugin's process, from the script the engine runs."""

import os
import sys
from pathlib import Path

PARENT = os.getppid()  # the engine; read early, for one that is gone before the plugin serves
CHECKOUT = Path(__file__).resolve().parents[3]


def prepare() -> None:
    """Makes the protocol importable; starts again under the checkout's virtual environment where that is missing."""
    from standin.protocol import load_protocol_only

    try:
        load_protocol_only()
    except ModuleNotFoundError:
        python = CHECKOUT / ".venv" / "bin" / "python3"
        if not python.exists() or Path(sys.prefix) == CHECKOUT / ".venv":
            sys.exit(f"stand-in plugins need the packages of {CHECKOUT}/requirements.txt; {python} does not have them")
        os.execv(python, [str(python), *sys.argv])
