"""The resource types of ``random`` 4.21.4, as the SDK of that version describes them.

Sources: pulumi-random 4.21.4 (Python SDK), terraform-provider-random ``internal/provider``.
"""

from typing import Final

from standin.schema import BOOLEAN, INTEGER, STRING, MapOf, Property, ResourceSchema

MINIMA: Final = ("minUpper", "minLower", "minNumeric", "minSpecial")
CLASSES: Final = ("upper", "lower", "numeric", "special")  # of characters
DEFAULTS: Final = dict.fromkeys(CLASSES, True) | dict.fromkeys(MINIMA, 0)

_COMPUTED_SECRET: Final = Property(type=STRING, secret=True, always=True)
_INPUTS: Final = {
    "length": Property(type=INTEGER, required=True, minimum=1),
    **dict.fromkeys((*CLASSES, "number"), Property(type=BOOLEAN, always=True)),
    **dict.fromkeys(MINIMA, Property(type=INTEGER, always=True, minimum=0)),
    "overrideSpecial": Property(type=STRING),
    "keepers": Property(type=MapOf(STRING)),
}

RANDOM_PASSWORD: Final = ResourceSchema(
    token="random:index/randomPassword:RandomPassword",
    inputs=_INPUTS,
    computed={"result": _COMPUTED_SECRET, "bcryptHash": _COMPUTED_SECRET},
)
RANDOM_STRING: Final = ResourceSchema(
    token="random:index/randomString:RandomString",
    inputs=_INPUTS,
    computed={"result": Property(type=STRING, always=True)},
)
