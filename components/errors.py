"""The error that refuses a configuration, or a change of a deployed stack."""

from collections.abc import Sequence

import pulumi

NAMESPACE = "nuvla-swarm"  # of all keys of the configuration
STAND_IN = "stand-in-for-a-secret"  # value of each secret in a preview that may not see secrets


def count(number: int, noun: str) -> str:
    """Return a number with its noun: `1 mistake`, `2 mistakes`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def secret_command(key: str) -> str:
    """Return the command that sets a secret of this stack; without a name, Pulumi takes the stack that is selected."""
    return f"pulumi config set --stack {pulumi.get_stack()} --secret {NAMESPACE}:{key}"


def refusal(title: str, lines: Sequence[str]) -> pulumi.RunError:
    """Return the error with a title and one line for each mistake; each line begins with the path of a setting.

    Example of a text::

        the configuration of this stack has 1 mistake:
          nuvla-swarm:nfs.access: "all" given; allowed: 'ro' or 'rw'
    """
    return pulumi.RunError("\n".join([f"{title}:", *(f"  {NAMESPACE}:{line}" for line in lines)]))
