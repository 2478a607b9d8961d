"""What stands for a command on a machine that is lost."""

import pulumi

# Every input of a command: one that a machine had before it was lost stays as it is.
IGNORED_WHEN_LOST = [
    "connection",
    "create",
    "update",
    "delete",
    "stdin",
    "triggers",
    "logging",
    "add_previous_output_in_env",
]


class SkippedCommand(pulumi.Stash):
    """A command that a lost machine never had, and that it is not asked for now.

    Outputs: ``stdout`` (str), empty.
    """

    stdout: pulumi.Output[str]

    def __init__(self, name: str, parent: pulumi.Resource | None):
        super().__init__(name, input="", opts=pulumi.ResourceOptions(parent=parent))
        self.stdout = pulumi.Output.from_input("")
