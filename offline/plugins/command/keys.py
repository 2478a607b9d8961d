"""Keys of a connection: its own private key, its agent's keys, and the host key it expects."""

import base64
import binascii
import io
import os
import socket
from typing import Any

import paramiko
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from paramiko.agent import AgentSSH

from standin.resource import StandinError


def private_key(text: str, password: str | None) -> paramiko.PKey:
    """The key of any format OpenSSH or OpenSSL writes (paramiko alone reads no PKCS #8 Ed25519 key)."""
    secret = password.encode() if password else None
    try:
        key: Any
        if "BEGIN OPENSSH PRIVATE KEY" in text:
            key = serialization.load_ssh_private_key(text.encode(), secret)
        else:
            key = serialization.load_pem_private_key(text.encode(), secret)
        openssh = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption()
        ).decode()
    except (ValueError, TypeError, UnsupportedAlgorithm) as problem:
        # the type alone: messages of parsers may quote what they read
        raise StandinError(f"ssh: the private key cannot be read ({type(problem).__name__})") from None
    kind = {"RSAPrivateKey": paramiko.RSAKey, "Ed25519PrivateKey": paramiko.Ed25519Key}
    found = next((kind[base.__name__] for base in type(key).__mro__ if base.__name__ in kind), paramiko.ECDSAKey)
    return found(file_obj=io.StringIO(openssh))


def agent(path: str | None) -> AgentSSH | None:
    """The agent at the path or at SSH_AUTH_SOCK; one that does not answer is an error, as it is when released."""
    path = path or os.environ.get("SSH_AUTH_SOCK")
    if not path:
        return None
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.connect(path)
        found = AgentSSH()
        found._connect(connection)  # the public class reads SSH_AUTH_SOCK only
    except (OSError, paramiko.SSHException) as problem:
        connection.close()
        raise StandinError(f"dial unix {path}: {problem}") from None
    return found


def host_key(text: str) -> tuple[str, bytes]:
    """Type and blob of a public key as authorized_keys has it; options before the type are not understood."""
    for line in text.splitlines():
        words = line.split()
        if len(words) >= 2 and not words[0].startswith("#"):
            try:
                blob = base64.b64decode(words[1], validate=True)
            except binascii.Error:
                continue
            if blob[4 : 4 + len(words[0])] == words[0].encode():
                return words[0], blob
    raise StandinError("failed to parse host key: ssh: no key found")
