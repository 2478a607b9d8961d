"""The error that refuses a configuration, or a change of a deployed stack."""

from collections.abc import Sequence

import pulumi

NAMESPACE = "nuvla-swarm"  # of all keys of the configuration


def refusal(title: str, lines: Sequence[str]) -> pulumi.RunError:
    """Return the error with a title and one line for each mistake; each line begins with the path of a setting."""
    return pulumi.RunError("\n".join([f"{title}:", *(f"  {NAMESPACE}:{line}" for line in lines)]))
