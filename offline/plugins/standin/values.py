"""Property values as plain Python: scalars, lists and dicts, plus ``Secret`` and ``UNKNOWN``."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from google.protobuf import struct_pb2

Value = Any  # None, bool, float, str, list, dict, Secret or UNKNOWN, nested
Values = dict[str, Value]

_SIGNATURE: Final = "4dabf18193072939515e22adb298388d"
_SECRET: Final = "1b47061264138c4ac30d75fd1eb44270"
_UNKNOWN: Final = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
# the engine marks an unknown by the type it would have; all of them are UNKNOWN here
_UNKNOWNS: Final = frozenset(
    {
        _UNKNOWN,
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",  # bool
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",  # number
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",  # array
        "030794c1-ac77-496b-92df-f27374a8bd58",  # asset
        "e48ece36-62e2-4504-bad9-02848725956a",  # archive
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",  # object
    }
)


@dataclass(frozen=True)
class Secret:
    """A value that the engine encrypts in the state and hides in what it prints."""

    value: Value

    def __repr__(self) -> str:
        return "Secret(...)"  # never in a traceback


class _Unknown:
    """A value that only an update will know."""

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = _Unknown()


def from_struct(struct: struct_pb2.Struct) -> Values:
    """The properties of a request; nulls are left out. Assets and resource references stay as their signed dicts."""
    decoded = {key: _decode(value) for key, value in struct.fields.items()}
    return {key: value for key, value in decoded.items() if value is not None}


def to_struct(values: Mapping[str, Value]) -> struct_pb2.Struct:
    """The properties of an answer; nulls are left out."""
    struct = struct_pb2.Struct()
    for key, value in values.items():
        if value is not None:
            _encode(value, struct.fields[key])
    return struct


def plain(value: Value) -> Value:
    """The value without its secret marks."""
    if isinstance(value, Secret):
        return plain(value.value)
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value


def has_unknown(value: Value) -> bool:
    """Whether any part is unknown."""
    value = plain(value)
    if isinstance(value, dict):
        return any(map(has_unknown, value.values()))
    if isinstance(value, list):
        return any(map(has_unknown, value))
    return value is UNKNOWN


def secret(value: Value) -> Secret:
    """The value, marked once."""
    return value if isinstance(value, Secret) else Secret(value)


def _decode(value: struct_pb2.Value) -> Value:
    kind = value.WhichOneof("kind")
    if kind == "string_value":
        return UNKNOWN if value.string_value in _UNKNOWNS else value.string_value
    if kind == "number_value":
        number = value.number_value
        return int(number) if number.is_integer() else number
    if kind == "bool_value":
        return value.bool_value
    if kind == "list_value":
        return [_decode(item) for item in value.list_value.values]
    if kind == "struct_value":
        fields = value.struct_value.fields
        if _SIGNATURE in fields and fields[_SIGNATURE].string_value == _SECRET:
            return secret(_decode(fields["value"]))
        return from_struct(value.struct_value)
    return None


def _encode(value: Value, into: struct_pb2.Value) -> None:
    if value is None:
        into.null_value = struct_pb2.NULL_VALUE
    elif value is UNKNOWN:
        into.string_value = _UNKNOWN
    elif isinstance(value, Secret):
        into.struct_value.fields[_SIGNATURE].string_value = _SECRET
        _encode(value.value, into.struct_value.fields["value"])
    elif isinstance(value, bool):
        into.bool_value = value
    elif isinstance(value, int | float):
        into.number_value = value
    elif isinstance(value, str):
        into.string_value = value
    elif isinstance(value, list):
        into.list_value.SetInParent()  # an empty list is not a null
        for item in value:
            _encode(item, into.list_value.values.add())
    elif isinstance(value, dict):
        into.struct_value.CopyFrom(to_struct(value))
    else:
        raise TypeError(f"no property value: {type(value).__name__}")
