"""The stand-in of ``command`` runs commands over real SSH as the released plugin does."""

from typing import Any

from tests.offline.commands import given, refusal
from tests.offline.plugin import UNKNOWN, Plugin, is_secret, plain, secret
from tests.offline.sshd import Server
from tests.support.rows import rows


def test_outputs_lose_one_trailing_newline(command: Plugin, machine: Server) -> None:
    made = command.create(given(machine, create="printf 'a\\n\\n'; printf 'b\\n' >&2"))
    assert (made.outputs["stdout"], made.outputs["stderr"]) == ("a\n", "b")


def test_id_is_the_name_and_eight_digits(command: Plugin, machine: Server) -> None:
    identity = command.create(given(machine)).id
    assert identity.removeprefix("it").isalnum()
    assert len(identity) == len("it") + 8


def test_resource_without_create_runs_nothing(command: Plugin, machine: Server) -> None:
    nowhere = secret(machine.connection(port=1))
    assert command.create({"connection": nowhere}).outputs["stdout"] == ""


def test_stdin_reaches_the_command(command: Plugin, machine: Server) -> None:
    text = "line with 'quotes' and ümlaut\n" * 20_000
    made = command.create(given(machine, create="sha256sum | cut -c1-4; cat", stdin=secret(text)))
    assert len(made.outputs["stdout"]) == 4
    assert is_secret(made.outputs["stdin"])


def test_command_may_ignore_its_stdin(command: Plugin, machine: Server) -> None:
    made = command.create(given(machine, create="echo done", stdin="x" * 3_000_000))
    assert made.outputs["stdout"] == "done"


def test_failure_reports_status_command_and_both_outputs(command: Plugin, machine: Server) -> None:
    script = 'echo "to stdout"; echo to stderr >&2; exit 3'
    message = refusal(command.create, given(machine, create=script))
    head, _, output = message.partition("\n")
    assert head == f"Process exited with status 3: running {script!r}:".replace("'", '"').replace(
        '"to stdout"', '\\"to stdout\\"'
    )
    assert sorted(output.splitlines()) == ["to stderr", "to stdout"]


def test_failure_by_signal_reports_the_signal(command: Plugin, machine: Server) -> None:
    message = refusal(command.create, given(machine, create="kill -KILL $$"))
    assert message.startswith("Process exited with status 137 from signal KILL: running")


def test_lost_connection_is_an_error(command: Plugin, machine: Server) -> None:
    """As when a command restarts its machine."""
    message = refusal(command.create, given(machine, create="kill -KILL $PPID; sleep 30"))
    assert message.startswith("wait: remote command exited without exit status or exit signal: running")


def test_undecodable_output_is_replaced(command: Plugin, machine: Server) -> None:
    assert command.create(given(machine, create="printf 'a\\377b'")).outputs["stdout"] == "a\ufffdb"


def test_failing_delete_is_an_error(command: Plugin, machine: Server) -> None:
    made = command.create(given(machine, delete="echo cannot leave >&2; exit 9"))
    assert refusal(command.delete, made) == (
        'Process exited with status 9: running "echo cannot leave >&2; exit 9":\ncannot leave\n'
    )


def test_delete_runs_with_the_inputs_of_the_state(command: Plugin, machine: Server) -> None:
    made = command.create(given(machine, delete=f"touch {machine.folder}/deleted"))
    command.delete(made)
    assert (machine.folder / "deleted").exists()


def test_changed_create_runs_again(command: Plugin, machine: Server) -> None:
    made = command.create(given(machine, create="echo one"))
    changed = given(machine, create="echo two")
    assert command.diff(made, changed) == {"create": "UPDATE"}
    assert command.update(made, changed).outputs["stdout"] == "two"


def test_update_runs_instead_of_create(command: Plugin, machine: Server) -> None:
    made = command.create(given(machine, create="echo one"))
    changed = given(machine, create="echo two", update="echo three")
    assert command.update(made, changed).outputs["stdout"] == "three"


def test_unchanged_inputs_have_no_diff(command: Plugin, machine: Server) -> None:
    made = command.create(given(machine, create="echo one", triggers=["a"]))
    assert command.diff(made, given(machine, create="echo one", triggers=["a"])) == {}


def test_only_triggers_replace(command: Plugin, machine: Server) -> None:
    made = command.create(given(machine, environment={"GREETING": "hello"}))
    changed = given(machine, triggers=["a"], stdin="x", environment={"GREETING": "hi"}, logging="none")
    changed["connection"] = secret(machine.connection(dialErrorLimit=3))
    assert command.diff(made, changed) == {
        "triggers": "ADD_REPLACE",
        "stdin": "ADD",
        "environment.GREETING": "UPDATE",
        "logging": "ADD",
        "connection": "UPDATE",
    }


def test_changed_trigger_element_is_a_plain_update(command: Plugin, machine: Server) -> None:
    """It says ``replace_on_changes=["triggers[*]"]``; the released plugin marks the list only."""
    made = command.create(given(machine, triggers=["a", {"b": 1}]))
    assert command.diff(made, given(machine, triggers=["c", {"b": 2}])) == {
        "triggers[0]": "UPDATE",
        "triggers[1].b": "UPDATE",
    }


def test_preview_runs_nothing_and_has_unknown_outputs(command: Plugin, machine: Server) -> None:
    outputs = command.preview(given(machine, create=f"touch {machine.folder}/previewed"))
    assert (outputs["stdout"], outputs["stderr"]) == (UNKNOWN, UNKNOWN)
    assert outputs["create"] == f"touch {machine.folder}/previewed"
    assert not (machine.folder / "previewed").exists()


def test_preview_needs_no_host(command: Plugin, machine: Server) -> None:
    assert command.preview(given(machine, connection=secret(UNKNOWN)))["stdout"] == UNKNOWN
    unknown_host = secret(machine.connection(host=UNKNOWN, privateKey=secret(UNKNOWN)))
    assert command.preview(given(machine, connection=unknown_host))["stdout"] == UNKNOWN


def test_update_preview_has_unknown_outputs(command: Plugin, machine: Server) -> None:
    made = command.create(given(machine, create="echo one"))
    outputs = command.update(made, given(machine, create="echo two"), preview=True).outputs
    assert (outputs["stdout"], outputs["create"]) == (UNKNOWN, "echo two")


def test_refresh_runs_nothing(command: Plugin, machine: Server) -> None:
    made = command.create(given(machine, create="date +%N"))
    assert command.read(made) == made


def test_connection_and_its_keys_are_secret(command: Plugin, machine: Server) -> None:
    outputs = command.create({"connection": machine.connection(), "create": "true"}).outputs
    assert is_secret(outputs["connection"])
    assert is_secret(outputs["connection"]["value"]["privateKey"])


def test_check_fills_in_connection_defaults(command: Plugin) -> None:
    checked = plain(command.check({"connection": {"host": "h"}}))
    assert checked["connection"] == {
        "host": "h",
        "port": 22,
        "user": "root",
        "dialErrorLimit": 10,
        "perDialTimeout": 15,
    }


@rows(
    "inputs, path",
    [
        ({"connection": {"host": "h"}, "comand": "true"}, "comand"),
        ({"connection": {"host": "h", "key": "k"}}, "connection.key"),
        ({"connection": {"user": "u"}}, "connection.host"),
        ({"create": "true"}, "connection"),
        ({"connection": {"host": "h"}, "logging": "all"}, "logging"),
        ({"connection": {"host": "h"}, "create": 3}, "create"),
        ({"connection": {"host": "h"}, "environment": {"A": True}}, "environment.A"),
        ({"connection": {"host": "h", "proxy": {"host": "p"}}}, "connection.proxy"),
    ],
)
def test_command_check_names_the_wrong_input(command: Plugin, inputs: dict[str, Any], path: str) -> None:
    assert list(command.failures(inputs)) == [path]


def test_unknown_command_type_is_an_error(command: Plugin) -> None:
    message = refusal(command.of("command:local:Command").check, {})
    assert message == "command:local:Command is not in the stand-in of command"
