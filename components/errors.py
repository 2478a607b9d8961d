"""The error that refuses a configuration, or a change of what stands."""

from collections.abc import Sequence

import pulumi

NAMESPACE = "nuvla-swarm"  # of all keys of the configuration


def refusal(what: str, lines: Sequence[str]) -> pulumi.RunError:
    """Return the error that says what is wrong; each line begins with the path of its setting."""
    return pulumi.RunError("\n".join([f"{what}:", *(f"  {NAMESPACE}:{line}" for line in lines)]))
