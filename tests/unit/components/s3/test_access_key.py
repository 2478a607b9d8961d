"""components/s3/access_key.py: the key pair of the S3 service."""

from components.generations import FIRST, Generations
from components.s3.access_key import AccessKey
from tests.support.fake_pulumi import FakePulumi
from tests.support.pulumi_run import Secret, build, value


def access_key(generations: Generations = FIRST) -> AccessKey:
    return build(lambda: AccessKey("key", generations))


def test_preview_shows_lengths_and_no_key(fake_pulumi: FakePulumi) -> None:
    access_key()
    assert fake_pulumi.types["key"] == "nuvla:s3:AccessKey"
    assert fake_pulumi.inputs("key") == {"access_key_length": 20, "secret_key_length": 40}
    assert "key" in fake_pulumi.finished


def test_keys_have_the_lengths_and_characters_of_s3_clients(fake_pulumi: FakePulumi) -> None:
    access_key()
    assert fake_pulumi.inputs("key-access") == {"length": 20, "special": False, "lower": False}
    assert fake_pulumi.inputs("key-secret") == {"length": 40, "special": False}
    assert fake_pulumi.children("key") == {"key-access", "key-secret"}


def test_access_and_secret_key_are_secret(fake_pulumi: FakePulumi) -> None:
    made = access_key()
    assert value(made.access_key) == Secret("RESULT:key-access")
    assert value(made.secret_key) == Secret("RESULT:key-secret")


def test_former_pair_stays_as_it_is_beside_the_new_one(fake_pulumi: FakePulumi) -> None:
    made = access_key(Generations(current=3, former=1))
    assert fake_pulumi.children("key") == {"key-access", "key-secret", "key3-access", "key3-secret"}
    assert value(made.access_key) == Secret("RESULT:key3-access")
    assert made.former is not None
    assert value(made.former.secret_key) == Secret("RESULT:key-secret")
    assert fake_pulumi.inputs("key")["generation"] == 3
