"""components/s3/access_key.py: the key pair of the S3 service."""

from components.s3.access_key import AccessKey
from tests.mocked import Engine, Secret, build, value


def access_key() -> AccessKey:
    return build(lambda: AccessKey("key"))


def test_it_shows_lengths_and_no_key(engine: Engine) -> None:
    access_key()
    assert engine.types["key"] == "nuvla:s3:AccessKey"
    assert engine.inputs("key") == {"access_key_length": 20, "secret_key_length": 40}
    assert "key" in engine.finished


def test_its_halves_have_the_lengths_and_characters_that_clients_know(engine: Engine) -> None:
    access_key()
    assert engine.inputs("key-access") == {"length": 20, "special": False, "lower": False}
    assert engine.inputs("key-secret") == {"length": 40, "special": False}
    assert engine.children("key") == {"key-access", "key-secret"}


def test_both_halves_are_secret(engine: Engine) -> None:
    made = access_key()
    assert value(made.access_key) == Secret("RESULT:key-access")
    assert value(made.secret_key) == Secret("RESULT:key-secret")
