"""Calls of the Pulumi CLI; an error ends the command with a line of advice."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

from tools.console import PREFIX, fail

CHECKOUT = Path(__file__).resolve().parents[1]
# Of the Docker plugin, when it has removed a service whose container takes as long to stop as it may, or longer; and
# when it then removes that service again.
SLOW_STOP = r"error on wait for container with ID|Error deleting service with ID \S+ .*not found"
# Texts of Pulumi 3.250 to 3.259, with what to do about them; {stack} and {passphrase} are filled in.
ADVICE = {
    r"incorrect passphrase": "the passphrase used is {passphrase}: export PULUMI_CONFIG_PASSPHRASE with the one that "
    "{stack} was created with",
    r"passphrase must be set": "export PULUMI_CONFIG_PASSPHRASE, or PULUMI_CONFIG_PASSPHRASE_FILE",
    r"currently locked by": "if nothing updates {stack} now, here or elsewhere, its update was killed: run "
    "`pulumi cancel --stack {stack}`",
    r"PULUMI_ACCESS_TOKEN must be set": "log in by `pulumi login`, or export PULUMI_ACCESS_TOKEN",
    r"(?:NoCredentialProviders|failed to refresh cached credentials|no EC2 IMDS role found)": "export "
    "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY of the bucket",
    r"(?:unable to open bucket|NoSuchBucket)": "create the bucket or the folder first, or correct PULUMI_BACKEND_URL",
    SLOW_STOP: "the service is removed, and only its container took long to stop: run this again (without `make`: "
    "`pulumi destroy --refresh --stack {stack}`)",
}
CREDENTIALS = re.compile(
    r"(\w://)[^\s/@?#]+(?=@)|([?&](?:password|sslpassword|\w*(?:access|secret)_?key\w*|\w*token|sig)=)[^\s&#\"']+",
    re.IGNORECASE,
)
MISSING = re.compile(r"no stack named .* found|stack .* not found")


def command(*arguments: str) -> list[str]:
    """Return the command line of Pulumi, which asks nobody anything."""
    return ["pulumi", "--non-interactive", *arguments]


def attempt(
    *arguments: str, env: dict[str, str] | None = None, cwd: Path = CHECKOUT
) -> subprocess.CompletedProcess[str]:
    """Run Pulumi and return its exit code and outputs.

    Errors: exits with a line if there is no Pulumi on PATH.
    """
    try:
        return subprocess.run(
            command(*arguments),
            check=False,
            capture_output=True,
            text=True,
            errors="replace",
            stdin=subprocess.DEVNULL,
            env={**os.environ, **(env or {})},
            cwd=cwd,
        )
    except FileNotFoundError:
        fail("pulumi is not on PATH: run `make setup`, or `tools/setup.sh tools` where no local machines are used")


def pulumi(*arguments: str, shown: bool = False) -> str:
    """Run Pulumi and return its output, or show it to people; exit if Pulumi fails, with its error and what to do."""
    stack = arguments[arguments.index("--stack") + 1] if "--stack" in arguments else ""
    if not shown:
        done = attempt(*arguments)
        if done.returncode != 0:
            stop(f"{done.stdout}{done.stderr}" if "error: " in done.stdout else done.stderr, stack, done.returncode)
        return done.stdout
    try:
        process = subprocess.Popen(
            command(*arguments),
            stdin=subprocess.DEVNULL,
            stdout=sys.stderr,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            cwd=CHECKOUT,
        )
    except FileNotFoundError:
        fail("pulumi is not on PATH: run `make setup`")
    _, errors = process.communicate()
    if process.returncode != 0:
        stop(errors, stack, process.returncode)
    sys.stderr.write(without_credentials(errors))
    return ""


def stop(errors: str, stack: str, code: int = 1) -> NoReturn:
    """Print Pulumi's error with what to do about it, and exit."""
    sys.stdout.flush()
    for line in without_credentials(errors).strip().splitlines():
        print(f"{PREFIX}{line}" if line.startswith("error: ") else line, file=sys.stderr)
    if text := advice(errors, stack):
        print(f"{PREFIX}{text}", file=sys.stderr)
    sys.exit(code or 1)


def without_credentials(text: str) -> str:
    """Return a text of Pulumi without the user names, passwords and keys of URLs, which it repeats in its errors."""
    return CREDENTIALS.sub(r"\1\2***", text)


def advice(errors: str, stack: str) -> str:
    """Return what to do about an error of Pulumi, or an empty text."""
    file = os.environ.get("PULUMI_CONFIG_PASSPHRASE_FILE", "")
    exported = os.environ.get("PULUMI_CONFIG_PASSPHRASE") is not None
    passphrase = "the exported PULUMI_CONFIG_PASSPHRASE" if exported else f"that of the file {file}"
    for pattern, text in ADVICE.items():
        if re.search(pattern, errors):
            return text.format(stack=stack or "<stack>", passphrase=passphrase)
    return ""


def exists(stack: str, backend: str) -> bool:
    """Return whether the backend has the stack.

    Errors: exits with Pulumi's error if the backend does not answer.
    """
    found = attempt("stack", "--show-name", "--stack", stack)
    if found.returncode == 0:
        return True
    if MISSING.search(found.stderr):
        return False
    print(f"{PREFIX}error: {stack}: the state in {backend} cannot be read:", file=sys.stderr)
    stop(found.stderr, stack)
