"""``command:remote:Command``: a command that runs over SSH when it is created, changed or deleted.

Source: pulumi-command v1.2.1, ``provider/pkg/provider/remote/command*.go``.
"""

import secrets
from pathlib import Path
from typing import Final

from command.declared import COMMAND
from standin.diff import Change
from standin.provider import Provider, version_of
from standin.resource import Call, Resource, State
from standin.values import Values, plain


class Command(Resource):
    """A change of ``triggers`` as a whole replaces; of one trigger, the SDK's ``replace_on_changes`` does."""

    schema = COMMAND

    def diff(self, old: State, new: Values, ignored: frozenset[str]) -> list[Change]:
        found = super().diff(old, new, ignored)
        return [Change(c.path, c.kind, replaces=c.path == "triggers") for c in found]

    def create(self, call: Call, inputs: Values) -> tuple[str, Values]:
        outputs = _run(call, inputs, "create", {})
        return f"{call.name}{secrets.token_hex(4)}", inputs | outputs

    def update(self, call: Call, old: State, new: Values) -> Values:
        previous = {name: old.outputs.get(name, "") for name in COMMAND.computed}
        return new | _run(call, new, "update" if "update" in new else "create", previous)

    def delete(self, call: Call, old: State) -> None:
        _run(call, old.outputs, "delete", old.outputs)


def _run(call: Call, inputs: Values, which: str, previous: Values) -> Values:
    """Runs the command of that name, if there is one; else the outputs stay as they were."""
    given = plain(inputs)
    before = {name: plain(previous.get(name, "")) for name in COMMAND.computed}
    if which not in given:
        return before
    from command.dial import dialled  # paramiko takes 0.25 s to import, and most requests run nothing
    from command.session import Job, run

    wanted = given.get("logging", "stdoutAndStderr")
    job = Job(
        command=given[which],
        stdin=given.get("stdin", ""),
        environment=given.get("environment", {}),
        previous=_previous(before) if given.get("addPreviousOutputInEnv", True) else {},
        log_stdout=wanted in ("stdout", "stdoutAndStderr"),
        log_stderr=wanted in ("stderr", "stdoutAndStderr"),
    )
    with dialled(call, given["connection"]) as transport:
        output = run(call, transport, job)
    return {"stdout": output.stdout, "stderr": output.stderr}


def _previous(outputs: Values) -> dict[str, str]:
    return {f"PULUMI_COMMAND_{name.upper()}": text for name, text in outputs.items() if text}


PROVIDER: Final = Provider(name="command", version=version_of(Path(__file__).resolve().parent), resources=(Command(),))
