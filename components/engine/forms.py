"""Forms of texts in the settings of the Docker engines."""

from typing import Annotated

from components.fields import NAME_PATTERN
from components.text_form import TextForm

# Fingerprint of the key that signs docker.com's packages.
# Source: Docker documentation, "Install Docker Engine on Debian".
KEY_FINGERPRINT = "9DC858229FC7DD38854AE2D88D81803C0EBFCD88"

OperatorName = Annotated[
    str,
    TextForm(
        NAME_PATTERN,
        "an operator's name of lower-case letters, digits and hyphens, a letter first",
        "alice",
    ),
]

DaemonKey = Annotated[str, TextForm(r"^[a-z][a-z0-9-]*$", "a key of daemon.json in lower case", "mtu")]

RegistryName = Annotated[
    str,
    TextForm(
        r"^([a-z0-9-]+(\.[a-z0-9-]+)+(:[0-9]+)?|[a-z0-9-]+:[0-9]+|localhost)$",
        "the first part of images' names, in lower case",
        "registry.example.org:5000",
    ),
]


RepositoryUrl = Annotated[
    str,
    TextForm(
        r"^https?://[\w.-]+(:[0-9]+)?(/[\w.~%-]+)*$",
        "a URL without login and final slash",
        "https://mirror.example.org/docker",
        candidates=lambda text: [text.strip().rstrip("/")],
    ),
]

KeyFingerprint = Annotated[
    str,
    TextForm(
        r"^[0-9A-F]{40}$",
        "the 40 hexadecimal digits of a key's fingerprint",
        KEY_FINGERPRINT,
        normalized=lambda text: "".join(text.split()).upper(),
    ),
]
