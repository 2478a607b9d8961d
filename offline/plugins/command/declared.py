"""``command:remote:Command`` and its connection, as the released plugin 1.2.1 describes them.

Source: pulumi-command v1.2.1, ``provider/cmd/pulumi-resource-command/schema.json``.
"""

from typing import Final

from standin.schema import (
    ANY,
    BOOLEAN,
    INTEGER,
    NUMBER,
    STRING,
    Choice,
    ListOf,
    MapOf,
    Object,
    Property,
    ResourceSchema,
)

_BASE: Final = {
    "host": Property(type=STRING, required=True),
    "port": Property(type=NUMBER, default=22),
    "user": Property(type=STRING, default="root"),
    "password": Property(type=STRING, secret=True),
    "privateKey": Property(type=STRING, secret=True),
    "privateKeyPassword": Property(type=STRING, secret=True),
    "agentSocketPath": Property(type=STRING),
    "dialErrorLimit": Property(type=INTEGER, default=10),
    "perDialTimeout": Property(type=INTEGER, default=15),
    "hostKey": Property(type=STRING),
}
_PROXY: Final = Property(
    type=Object("command:remote:ProxyConnection", _BASE),
    refused="the stand-in of command has no bastion hosts: connect directly, or use the released plugin",
)
CONNECTION: Final = Object("command:remote:Connection", _BASE | {"proxy": _PROXY})
LOGGING: Final = Choice(("stdout", "stderr", "stdoutAndStderr", "none"), "command:remote:Logging")

COMMAND: Final = ResourceSchema(
    token="command:remote:Command",
    inputs={
        "connection": Property(type=CONNECTION, required=True, secret=True),
        "create": Property(type=STRING),
        "update": Property(type=STRING),
        "delete": Property(type=STRING),
        "stdin": Property(type=STRING),
        "environment": Property(type=MapOf(STRING)),
        "logging": Property(type=LOGGING),
        "triggers": Property(type=ListOf(ANY), replaces=True),
        "addPreviousOutputInEnv": Property(type=BOOLEAN),
    },
    computed={
        "stdout": Property(type=STRING, always=True),
        "stderr": Property(type=STRING, always=True),
    },
)
