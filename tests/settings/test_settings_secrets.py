"""Secrets of a configuration: required where they are used, refused in plain text, and never repeated."""

import pytest

from components.errors import NAMESPACE
from components.machines.local.settings import LocalMachines
from stacks.config.loader import SECRETS
from tests.settings.loading import load, mistakes
from tests.support.configs import changed, existing, exoscale, on_exoscale, target

KEY = "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n"
OWN_KEY = changed(target(), "machines.ssh.public_key", "ssh-ed25519 AAAA me@here")
API_KEY = {"exoscale_api_key": "EXO-of-a-test", "exoscale_api_secret": "of-a-test"}
ON_EXOSCALE = on_exoscale(target())
NO_API_KEY = (
    "not given; required: an API key of your Exoscale organization and its secret, as secrets of the stack "
    "or as EXOSCALE_API_KEY and EXOSCALE_API_SECRET in the environment"
)


@pytest.fixture(autouse=True)
def no_api_key_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for key in API_KEY:
        monkeypatch.delenv(key.upper(), raising=False)


def in_plain_text(secret: str) -> str:
    """The line that refuses a secret in plain text."""
    command = f"pulumi config set --stack test --secret {NAMESPACE}:{secret}"
    return f"{secret}: given in plain text; allowed: a secret, `{command}`"


def test_exoscale_requires_both_halves_of_an_api_key() -> None:
    for document in (ON_EXOSCALE, exoscale()):
        assert mistakes(document) == [f"exoscale_api_key, exoscale_api_secret: {NO_API_KEY}"]
    for there, missing in (tuple(API_KEY), tuple(reversed(API_KEY))):
        assert mistakes(ON_EXOSCALE, {there: API_KEY[there]}) == [f"{missing}: {NO_API_KEY}"]


def test_api_key_may_be_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for key, text in API_KEY.items():
        monkeypatch.setenv(key.upper(), text)
    assert load(ON_EXOSCALE).machines.provider == "exoscale"


def test_empty_variable_is_no_api_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXOSCALE_API_SECRET", "")
    assert mistakes(ON_EXOSCALE, {"exoscale_api_key": "EXO"}) == [f"exoscale_api_secret: {NO_API_KEY}"]


def test_local_machines_need_no_api_key() -> None:
    assert load(target()).machines.provider == "local"


def test_existing_machines_need_a_private_key() -> None:
    assert mistakes(existing()) == [
        "ssh_private_key: not given; required: the key that opens the machines, in OpenSSH format"
    ]


def test_secrets_in_plain_text_are_refused_and_not_repeated() -> None:
    assert mistakes(OWN_KEY, plain={"ssh_private_key": KEY}) == [in_plain_text("ssh_private_key")]
    lines = mistakes(ON_EXOSCALE, {"exoscale_api_key": "EXO"}, plain={"exoscale_api_secret": "of-a-test"})
    assert lines == [in_plain_text("exoscale_api_secret")]
    for secret in ("smtp_password", "alert_webhook_url"):
        lines = mistakes(target(), plain={secret: "https://hook.example.org/WORD"})
        assert in_plain_text(secret) in lines
        assert "WORD" not in str(lines)


def test_private_key_in_the_place_of_the_public_one_is_not_repeated() -> None:
    (line,) = mistakes(changed(target(), "machines.ssh.public_key", KEY), {"ssh_private_key": KEY})
    assert line.startswith("machines.ssh.public_key: a private key given; allowed: ")


def test_misspelt_secret_is_refused_and_not_repeated() -> None:
    (line,) = mistakes(target(), {"ssh_private_kee": KEY})
    assert line.startswith("ssh_private_kee: unknown key; allowed in the configuration: kind, ")
    assert line.endswith(f", {', '.join(SECRETS)}; did you mean ssh_private_key?")


def test_own_ssh_key_requires_both_halves() -> None:
    both = "not given; required: both halves of your own SSH key, or neither for a generated one"
    assert mistakes(OWN_KEY) == [f"ssh_private_key: {both}"]
    assert mistakes(target(), {"ssh_private_key": KEY}) == [f"machines.ssh.public_key: {both}"]
    machines = load(OWN_KEY, {"ssh_private_key": KEY}).machines
    assert isinstance(machines, LocalMachines)
    assert machines.ssh.public_key == "ssh-ed25519 AAAA me@here"


def test_missing_secrets_are_told_beside_mistakes_between_sections() -> None:
    """Or else a second round would tell of them, after the first one is said to be all."""
    smtp = {"host": "mail.example.org", "from_address": "a@example.org", "username": "me"}
    for wrong, document in {
        "nfs.machine": target(nfs={"machine": "worker-9"}),
        "swarm.api_manager": changed(target(), "swarm.api_manager", "worker-1"),
        "s3.port": target(s3={"port": 22}),
    }.items():
        found = mistakes(document | {"monitoring": {"smtp": smtp}})
        assert [line.partition(": ")[0] for line in found] == [wrong, "smtp_password"]
        found = mistakes({**document, "machines": OWN_KEY["machines"], "firewall": OWN_KEY["firewall"]})
        assert [line.partition(": ")[0] for line in found] == [wrong, "ssh_private_key"]


def test_mail_login_requires_its_name_and_its_password() -> None:
    server = {"host": "mail.example.org", "from_address": "a@example.org"}
    open_server = target(monitoring={"smtp": server})
    login = target(monitoring={"smtp": server | {"username": "me"}})
    both = (
        "not given; required: the user name and the password of the mail server, or neither for a server without login"
    )
    assert mistakes(login) == [f"smtp_password: {both}"]
    assert mistakes(open_server, {"smtp_password": "WORD"}) == [f"monitoring.smtp.username: {both}"]
    assert mistakes(target(), {"smtp_password": "WORD"}) == [f"monitoring.smtp.username: {both}"]
    assert load(login, {"smtp_password": "WORD"})
    assert load(open_server)
