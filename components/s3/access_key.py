"""The key pairs of S3."""

from dataclasses import dataclass

import pulumi
import pulumi_random as random

from components.generations import FIRST, Generations

ACCESS_KEY_LENGTH = 20  # the lengths that AWS uses
SECRET_KEY_LENGTH = 40


@dataclass(frozen=True, kw_only=True)
class KeyPair:
    """An access key and its secret key."""

    access_key: pulumi.Output[str]  # secret
    secret_key: pulumi.Output[str]  # secret


class AccessKey(pulumi.ComponentResource):
    """A generated access key and its secret key, encrypted in the state, and the former pair while it stays valid.

    Outputs: ``access_key`` (str, secret), ``secret_key`` (str, secret). The attribute ``former`` is the former pair, or
    None.
    """

    access_key: pulumi.Output[str]
    secret_key: pulumi.Output[str]

    def __init__(self, name: str, generations: Generations = FIRST, opts: pulumi.ResourceOptions | None = None):
        lengths = {"access_key_length": ACCESS_KEY_LENGTH, "secret_key_length": SECRET_KEY_LENGTH}
        super().__init__("nuvla:s3:AccessKey", name, {**lengths, **generations.props()}, opts)
        current, *former = [self._pair(generations.name(name, number)) for number in generations.valid]
        self.access_key, self.secret_key = current.access_key, current.secret_key
        self.former = former[0] if former else None
        self.register_outputs({})

    def _pair(self, name: str) -> KeyPair:
        child = pulumi.ResourceOptions(parent=self)
        access = random.RandomPassword(
            f"{name}-access", length=ACCESS_KEY_LENGTH, special=False, lower=False, opts=child
        )
        secret = random.RandomPassword(f"{name}-secret", length=SECRET_KEY_LENGTH, special=False, opts=child)
        return KeyPair(access_key=pulumi.Output.secret(access.result), secret_key=pulumi.Output.secret(secret.result))
