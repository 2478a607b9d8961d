"""The stand-ins under the real engine: previews, secrets in the state, no changes the second time, replacements."""

import json
from collections.abc import Iterator

import pytest

from tests.offline import stacks
from tests.offline.sshd import Server
from tests.offline.stacks import Stack

PROGRAM = """
import os
import pulumi
import pulumi_tls as tls
from pulumi_command import remote

key = tls.PrivateKey("key", algorithm="ED25519")
ca = tls.SelfSignedCert(
    "ca",
    private_key_pem=key.private_key_pem,
    allowed_uses=["cert_signing"],
    validity_period_hours=100,
    is_ca_certificate=True,
    subject=tls.SelfSignedCertSubjectArgs(common_name="CA"),
)


def connection(host: pulumi.Input[str]) -> remote.ConnectionArgs:
    return remote.ConnectionArgs(
        host=host,
        port=float(os.environ["SSH_PORT"]),
        user=os.environ["SSH_USER"],
        private_key=open(os.environ["SSH_KEY"]).read(),
        host_key=os.environ["SSH_HOST_KEY"],
        dial_error_limit=0,
    )


address = remote.Command(
    "address", connection=connection("127.0.0.1"), create="echo 127.0.0.1", triggers=[os.environ.get("TRIGGER", "a")]
)
quiet = remote.Command(
    "quiet",
    connection=connection(address.stdout),
    create=os.environ.get("CREATE", "cat; echo to-stderr >&2"),
    stdin=pulumi.Output.secret("tok-1234"),
    logging=remote.Logging.NONE,
    opts=pulumi.ResourceOptions(additional_secret_outputs=["stdout"]),
)
pulumi.export("fingerprint", key.public_key_fingerprint_sha256)
pulumi.export("ca", ca.cert_pem)
pulumi.export("quiet", quiet.stdout)
"""


@pytest.fixture(scope="module")
def new_stack(machine: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack that nothing has been made of; destroyed afterwards."""
    with stacks.new(tmp_path_factory.mktemp("stack"), PROGRAM, machine) as stack:
        yield stack


@pytest.fixture(scope="module")
def first_preview(new_stack: Stack) -> str:
    return new_stack.pulumi("preview")


@pytest.fixture(scope="module")
def first_up(new_stack: Stack, first_preview: str) -> str:
    return new_stack.pulumi("up", "--yes", "--skip-preview")


@pytest.fixture(scope="module")
def stack(new_stack: Stack, first_up: str) -> Stack:
    """The stack, up."""
    return new_stack


def test_first_preview_under_the_engine_needs_no_host(first_preview: str) -> None:
    assert "+ 5 to create" in first_preview


def test_provider_outputs_reach_the_program(stack: Stack) -> None:
    outputs = json.loads(stack.pulumi("stack", "output", "--json", "--show-secrets"))
    assert outputs["fingerprint"].startswith("SHA256:")
    assert outputs["ca"].startswith("-----BEGIN CERTIFICATE-----\n")
    assert outputs["quiet"] == "tok-1234"


def test_second_preview_has_no_changes(stack: Stack) -> None:
    assert stack.steps() == {}


def test_refresh_has_no_changes(stack: Stack) -> None:
    stack.pulumi("refresh", "--yes", "--skip-preview", "--expect-no-changes")


def test_state_encrypts_every_secret(stack: Stack, machine: Server) -> None:
    state = stack.pulumi("stack", "export")
    assert "tok-1234" not in state
    assert "PRIVATE KEY" not in state
    assert machine.private_key.splitlines()[1] not in state
    assert "PRIVATE KEY" in stack.pulumi("stack", "export", "--show-secrets"), "they are there, encrypted"


def test_log_shows_output_unless_logging_is_off(first_up: str) -> None:
    assert "127.0.0.1" in first_up
    assert "tok-1234" not in first_up
    assert "to-stderr" not in first_up
    assert "PRIVATE KEY" not in first_up


def test_changed_trigger_replaces_and_updates_dependents(stack: Stack) -> None:
    steps = stack.steps(TRIGGER="b")
    assert steps["address"] == "replace"
    assert steps["quiet"] == "update", "its connection is unknown until the new command has run"


def test_changed_create_updates_in_place(stack: Stack) -> None:
    assert stack.steps(CREATE="cat; true") == {"quiet": "update"}


def test_failing_update_reports_status_command_and_output(stack: Stack, machine: Server) -> None:
    said = stack.pulumi("up", "--yes", "--skip-preview", ok=False, settings={"CREATE": "echo why >&2; exit 7"})
    assert 'Process exited with status 7: running "echo why >&2; exit 7":' in said
    assert "why" in said.replace("echo why", "")
    assert machine.private_key.splitlines()[1] not in said


def test_misspelt_input_is_rejected_in_the_preview(stack: Stack) -> None:
    main = stack.folder / "__main__.py"
    program = main.read_text()
    misspelt = (
        'from pulumi import CustomResource\nCustomResource("tls:index/privateKey:PrivateKey", "odd", {"bits": 1})\n'
    )
    main.write_text(program + misspelt)
    try:
        said = stack.pulumi("preview", ok=False)
    finally:
        main.write_text(program)
    assert "has no property 'bits'" in said
