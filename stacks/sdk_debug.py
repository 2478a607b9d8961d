"""What the Pulumi SDK says for its own debugging."""

import os

from pulumi import log

WANTED = "NUVLA_SWARM_DEBUG"  # variable of the environment


def drop(*_words: object, **_more: object) -> None:
    """Takes the place of `pulumi.log.debug`."""


def drop_unless_wanted() -> None:
    """Spares the program the SDK's debug messages.

    They are sent whether or not anybody sees them: four for each resource, for each of which the whole program waits
    (pulumi/pulumi#7292). That was a tenth of a preview.
    """
    if not os.environ.get(WANTED):
        setattr(log, "debug", drop)  # noqa: B010 - a plain assignment is a redefinition to the type checker
