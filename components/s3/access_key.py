"""The key pair of S3."""

import pulumi
import pulumi_random as random

ACCESS_KEY_LENGTH = 20  # the lengths that AWS uses
SECRET_KEY_LENGTH = 40


class AccessKey(pulumi.ComponentResource):
    """A generated access key and its secret key, encrypted in the state.

    Outputs: ``access_key`` (str, secret), ``secret_key`` (str, secret).
    """

    access_key: pulumi.Output[str]
    secret_key: pulumi.Output[str]

    def __init__(self, name: str, opts: pulumi.ResourceOptions | None = None):
        lengths = {"access_key_length": ACCESS_KEY_LENGTH, "secret_key_length": SECRET_KEY_LENGTH}
        super().__init__("nuvla:s3:AccessKey", name, lengths, opts)
        child = pulumi.ResourceOptions(parent=self)
        access = random.RandomPassword(
            f"{name}-access", length=ACCESS_KEY_LENGTH, special=False, lower=False, opts=child
        )
        secret = random.RandomPassword(f"{name}-secret", length=SECRET_KEY_LENGTH, special=False, opts=child)
        self.access_key = pulumi.Output.secret(access.result)
        self.secret_key = pulumi.Output.secret(secret.result)
        self.register_outputs({})
