"""The engine's protocol modules, loaded without the rest of the Pulumi SDK."""

import importlib.util
import sys
import types
from pathlib import Path


def load_protocol_only() -> None:
    """Makes ``pulumi.runtime.proto`` importable alone; for a plugin's own process, before anything else.

    Measured: the SDK with ``pulumi.provider.experimental`` takes 0.26 s to import, the generated protocol modules
    with gRPC 0.07 s, and every ``pulumi`` command starts every plugin.
    """
    found = importlib.util.find_spec("pulumi")
    if found is None or not found.submodule_search_locations:
        raise ModuleNotFoundError("pulumi")
    root = Path(next(iter(found.submodule_search_locations)))
    for name in ("pulumi", "pulumi.runtime", "pulumi.runtime.proto"):
        module = types.ModuleType(name)
        module.__path__ = [str(root.joinpath(*name.split(".")[1:]))]
        sys.modules[name] = module
