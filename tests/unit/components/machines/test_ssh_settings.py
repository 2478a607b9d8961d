"""components/machines/ssh_settings.py: the lines of public keys that settings may have."""

import pytest
from pydantic import ValidationError

from components.machines.ssh_settings import KEY_TYPES, OwnKeySettings, SshSettings, key_of
from tests.support.rows import rows
from tests.support.ssh_keys import ALICE, BOB, blob, public_key


def refusal(*lines: str, **more: str) -> str:
    with pytest.raises(ValidationError) as caught:
        (OwnKeySettings if more else SshSettings).model_validate({"authorized_keys": list(lines), **more})
    return str(caught.value.errors()[0]["msg"])


def line(kind: str, *parts: bytes, comment: str = "alice@laptop") -> str:
    return f"{kind} {blob(kind.encode(), *parts)} {comment}"


@rows("kind", list(KEY_TYPES))
def test_each_type_of_key_is_taken_with_its_parts_and_refused_without(kind: str) -> None:
    count, least_bytes = KEY_TYPES[kind]
    others = [b"other"] * (count - 1)
    assert SshSettings(authorized_keys=[line(kind, *others, b"k" * least_bytes)])
    assert "the line of a public key" in refusal(line(kind, *others, b"k" * (least_bytes - 1)))
    assert "the line of a public key" in refusal(line(kind, *others, b"other", b"k" * least_bytes))


@rows(
    "wrong",
    [
        "",
        "alice",
        "ssh-ed25519",
        "ssh-ed25519 ???? alice",
        f"ssh-dss {blob(b'ssh-dss', b'k' * 64)} alice",
        f"ssh-rsa {ALICE.split()[1]} alice",
        f"{ALICE}\n{BOB}",
        f"command=date {ALICE}",
        ALICE.replace(" ", "  ", 1),
        f"ssh-ed25519 {blob(b'ssh-ed25519', b'k' * 32)[:-8]} alice",
    ],
)
def test_malformed_key_is_refused_with_an_example(wrong: str) -> None:
    assert refusal(wrong).endswith(
        "as `cat ~/.ssh/id_ed25519.pub` prints it, such as ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI... alice@laptop"
    )


def test_key_without_an_owner_is_refused() -> None:
    assert "a public key with its owner at the end" in refusal(key_of(ALICE))


def test_owner_may_have_several_words() -> None:
    assert SshSettings(authorized_keys=[public_key("alice of the night shift")])


def test_key_given_twice_is_refused_whoever_its_owner_is() -> None:
    again = f"{key_of(ALICE)} somebody-else"
    assert refusal(ALICE, BOB, again) == (
        f"Value error, authorized_keys[2]: {again} given, the same key as that of [0]; allowed: each key once"
    )


def test_own_key_of_the_stack_is_refused_with_an_example() -> None:
    assert refusal(BOB, ALICE, public_key=f"{key_of(ALICE)} me") == (
        f"Value error, authorized_keys[1]: {ALICE} given, which is the stack's own key, public_key; allowed: keys of "
        "other people, such as ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI... alice@laptop; the stack's own key opens every "
        "machine already"
    )
