"""Logins with a generated password."""

import pulumi
import pulumi_random as random

PASSWORD_LENGTH = 32


class Login(pulumi.ComponentResource):
    """A user's name and a generated password, encrypted in the state; another generation has another password.

    Outputs: ``username`` (str), ``password`` (str, secret), ``htpasswd`` (str, secret): "<name>:<bcrypt hash>".
    """

    username: str
    password: pulumi.Output[str]
    htpasswd: pulumi.Output[str]

    def __init__(self, name: str, username: str, generation: int = 1, opts: pulumi.ResourceOptions | None = None):
        shown = {"generation": generation} if generation > 1 else {}
        super().__init__("nuvla:service:Login", name, {"username": username, **shown}, opts)
        generated = random.RandomPassword(
            f"{name}-password",
            length=PASSWORD_LENGTH,
            special=False,
            keepers={"generation": str(generation)} if generation > 1 else None,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.username = username
        self.password = pulumi.Output.secret(generated.result)
        self.htpasswd = pulumi.Output.secret(pulumi.Output.concat(username, ":", generated.bcrypt_hash))
        self.register_outputs({"username": username})

    def outputs(self) -> dict[str, pulumi.Input[str]]:
        """Return the login as an output of the stack; the caller marks it as secret."""
        return {"username": self.username, "password": self.password}
