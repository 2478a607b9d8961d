"""The stand-in for a command on a lost machine."""

import pulumi

# Every input of a command, for ignore_changes: the commands of a lost machine stay as they were.
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
    """A command that never ran on a machine that is now lost: the program runs nothing.

    Outputs: ``stdout`` (str), empty.
    """

    stdout: pulumi.Output[str]

    def __init__(self, name: str, parent: pulumi.Resource | None):
        super().__init__(name, input="", opts=pulumi.ResourceOptions(parent=parent))
        self.stdout = pulumi.Output.from_input("")
