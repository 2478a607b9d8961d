"""What goes to and comes from a command of the stand-in while it runs: variables, log lines, other commands."""

from concurrent import futures

from tests.offline.commands import given, refusal
from tests.offline.plugin import Plugin, secret
from tests.offline.sshd import Server
from tests.support.rows import rows


@rows(
    "logging, lines",
    [
        (None, ["err", "out"]),
        ("stdoutAndStderr", ["err", "out"]),
        ("stdout", ["out"]),
        ("stderr", ["err"]),
        ("none", []),
    ],
)
def test_logging_input_selects_the_streams(
    command: Plugin, machine: Server, logging: str | None, lines: list[str]
) -> None:
    chosen = {"logging": logging} if logging else {}
    command.log.entries.clear()
    made = command.create(given(machine, create="echo out; echo err >&2", **chosen))
    assert sorted(command.log.lines) == lines
    assert (made.outputs["stdout"], made.outputs["stderr"]) == ("out", "err")


def test_log_lines_arrive_while_the_command_runs(command: Plugin, machine: Server) -> None:
    flag = machine.folder / "go-on"
    script = f"echo first; for i in $(seq 500); do [ -e {flag} ] && exit 0; sleep 0.02; done; exit 1"
    with futures.ThreadPoolExecutor(1) as pool:
        running = pool.submit(command.create, given(machine, create=script))
        while not command.log.lines:
            assert not running.done(), "the command ended before its first line was logged"
        flag.touch()
        assert running.result().outputs["stdout"] == "first"


def test_log_lines_are_ephemeral_and_belong_to_their_resource(command: Plugin, machine: Server) -> None:
    command.create(given(machine, create="echo out"))
    (entry,) = command.log.entries
    assert (entry.urn, entry.ephemeral) == (command.urn, True)


def test_secrets_are_in_no_log_and_no_error(command: Plugin, machine: Server) -> None:
    message = refusal(command.create, given(machine, create="cat >/dev/null; exit 1", stdin=secret("tok-1234")))
    said = "\n".join([message, *command.log.lines])
    assert "tok-1234" not in said
    assert "PRIVATE KEY" not in said


def test_accepted_environment_variables_are_set(command: Plugin, machine: Server) -> None:
    made = command.create(given(machine, create='echo "$GREETING"', environment={"GREETING": "hello 'you'"}))
    assert made.outputs["stdout"] == "hello 'you'"


def test_refused_environment_variable_is_an_error(command: Plugin, machine: Server) -> None:
    message = refusal(command.create, given(machine, create="true", environment={"OTHER": "x"}))
    assert message == 'could not set environment variable "OTHER": ssh: setenv failed'
    assert "AcceptEnv" in command.log.lines[0]


def test_previous_outputs_are_variables_of_the_next_run(command: Plugin, machine: Server) -> None:
    made = command.create(given(machine, create="echo one; echo warned >&2"))
    changed = given(machine, create='echo "had $PULUMI_COMMAND_STDOUT"', addPreviousOutputInEnv=True)
    command.log.entries.clear()
    assert command.update(made, changed).outputs["stdout"] == "had one"
    assert "PULUMI_COMMAND_STDERR" in command.log.lines[0], (
        "a refused one is a warning (the server accepts STDOUT only)"
    )


def test_ten_commands_run_concurrently(command: Plugin, machine: Server) -> None:
    (folder := machine.folder / "meeting").mkdir()
    wait = f"for i in $(seq 1200); do [ $(ls {folder} | wc -l) -ge 10 ] && exit 0; sleep 0.05; done; exit 1"
    with futures.ThreadPoolExecutor(10) as pool:
        runs = [pool.submit(command.create, given(machine, create=f"touch {folder}/$$; {wait}")) for _ in range(10)]
        assert all(run.result().id for run in runs)
