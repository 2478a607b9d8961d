"""The backend of a stack: the place of its state, remembered since the stack was first used here."""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from tools.console import fail, say
from tools.stack import backend_url
from tools.stack.passphrase import EXPORTED, GENERATED, MISSING, PASSPHRASE, PASSPHRASE_FILE, own_file
from tools.stack.passphrase import source as passphrase_source
from tools.stack.settings_file import CHECKOUT, SettingsFile

URL = "PULUMI_BACKEND_URL"
DEFAULT = "NUVLA_SWARM_BACKEND"  # set by tools/env.sh: the URL that it chose because the user exported none


@dataclass(frozen=True)
class Backend:
    """The place of a stack's state, without secrets."""

    stack: str  # as Pulumi names it, perhaps with an organization
    url: str  # without credentials
    passphrase: str  # EXPORTED, GENERATED, KEY_SERVICE, MISSING or the path of the user's file
    has_credentials: bool = False  # whether the URL had some, which are not stored

    @property
    def is_cloud(self) -> bool:
        """Whether a service keeps the state, which encrypts secrets without a passphrase."""
        return backend_url.is_cloud(self.url)

    def __str__(self) -> str:
        return backend_url.shown(self.url)


def memory(name: str, checkout: Path = CHECKOUT) -> Path:
    """Return the path of the file that remembers the backend of a stack."""
    return checkout / ".state" / "stacks" / f"{name}.json"


def recall(name: str, checkout: Path = CHECKOUT) -> Backend | None:
    """Return the remembered backend of a stack."""
    path = memory(name, checkout)
    try:
        return Backend(**json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except (ValueError, TypeError):
        fail(f"{path.relative_to(checkout)} is damaged: remove it, export {URL}, and run this again")


def remember(name: str, backend: Backend, checkout: Path = CHECKOUT) -> None:
    """Remember the backend of a stack, in a file that only its owner may read."""
    path = memory(name, checkout)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    new = path.with_suffix(f".{os.getpid()}")
    new.write_text(json.dumps(asdict(backend), ensure_ascii=False) + "\n", encoding="utf-8")
    new.replace(path)


def forget(name: str, checkout: Path = CHECKOUT) -> None:
    """Remove the memory of a stack's backend."""
    memory(name, checkout).unlink(missing_ok=True)


def choose(
    stack: str,
    file: SettingsFile,
    environment: Mapping[str, str],
    checkout: Path = CHECKOUT,
    *,
    forgets: bool = False,
) -> Backend:
    """Return the backend of a stack: the exported one, or the remembered one, or that of this checkout.

    `forgets`: the remembered one does not count.

    Errors: exits with a line if the exported backend or organization differs from the remembered one, or if the
    remembered one needs credentials or a passphrase that the environment lacks.
    """
    remembered = None if forgets else recall(file.name, checkout)
    exported = exported_url(environment)
    if remembered is None:
        url = exported or backend_url.own(checkout)
        if not exported and (login := logged_in(environment)) and not backend_url.same(login, url):
            _mention_login(file, login, url)
        return Backend(
            stack,
            backend_url.without_credentials(url),
            passphrase_source(file, url, environment, checkout),
            backend_url.has_credentials(url),
        )
    if exported and not backend_url.same(exported, remembered.url):
        fail(
            f"{file.name}: {URL} is {backend_url.shown(exported)}, but the state is in {remembered}. To use that "
            "state: "
            f"unset {URL}. If you moved the state: rm {memory(file.name, checkout).relative_to(checkout)}"
        )
    if remembered.has_credentials and not exported:
        fail(f"{file.name}: the URL of its state, {remembered}, has credentials, which are not stored: export {URL}")
    if "/" in stack and stack != remembered.stack:
        fail(
            f"{file.name}: {stack} is given, but this checkout has used {file.path.name} for {remembered.stack}: "
            f"use STACK={file.name}, or another checkout"
        )
    if remembered.passphrase == EXPORTED and not (environment.get(PASSPHRASE) is not None or own_file(environment)):
        fail(
            f"{file.name}: its state in {remembered} needs the passphrase that was exported when this checkout first "
            f"used it: export {PASSPHRASE}, or {PASSPHRASE_FILE}"
        )
    return remembered


def exported_url(environment: Mapping[str, str]) -> str | None:
    """Return the URL that the user exported, if any; `tools/env.sh` exports one too."""
    url = environment.get(URL)
    return url if url and url != environment.get(DEFAULT) else None


def logged_in(environment: Mapping[str, str]) -> str | None:
    """Return the URL of `pulumi login`; `make` uses it only if the user exports it."""
    home = Path(environment.get("PULUMI_HOME") or Path.home() / ".pulumi")
    try:
        return json.loads((home / "credentials.json").read_text(encoding="utf-8")).get("current") or None
    except (OSError, ValueError, AttributeError):
        return None


def _mention_login(file: SettingsFile, login: str, url: str) -> None:
    login, here = backend_url.shown(login), backend_url.shown(url)
    if file.is_local:
        say(f"{file.name}: its state is in {here}; this trial does not use `pulumi login` ({login})")
        return
    fail(
        f"{file.name}: its state may be in {login}, of `pulumi login`, or in {here}. Choose once: "
        f"export {URL}={login}, or export {URL}={here}"
    )


def of_new_stack(
    backend: Backend, file: SettingsFile, environment: Mapping[str, str], checkout: Path = CHECKOUT
) -> Backend:
    """Return the backend of a stack that will be created, with the present source of its passphrase.

    A remembered source may be that of a stack of the same name which was removed.

    Errors: exits with a line if no passphrase is exported for a state that is elsewhere. The generated one of this
    checkout would be lost with the checkout, and the state could not be read without it.
    """
    passphrase = passphrase_source(file, backend.url, environment, checkout)
    if passphrase == MISSING:
        fail(
            f"{file.name}: its state would be in {backend}, and no passphrase is exported: choose one, save it in your "
            f"password manager, and export {PASSPHRASE}, or {PASSPHRASE_FILE}"
        )
    return replace(backend, passphrase=passphrase)


def require_passphrase(name: str, backend: Backend) -> None:
    """Exit with a line if the stack exists elsewhere, and no passphrase is exported."""
    if backend.passphrase == MISSING:
        fail(
            f"{name}: its state is in {backend}, and no passphrase is exported: export {PASSPHRASE}, or "
            f"{PASSPHRASE_FILE}, with the one that {name} was created with"
        )


def use(backend: Backend) -> None:
    """Make this process and its children use the backend."""
    if exported_url(os.environ) is None:
        os.environ[URL] = backend.url
    remembered_file = backend.passphrase if backend.passphrase.startswith("/") else None
    if remembered_file and os.environ.get(PASSPHRASE) is None and own_file(os.environ) is None:
        if not Path(remembered_file).is_file():
            fail(f"{backend.stack}: its passphrase was in {remembered_file}, which is gone: export {PASSPHRASE}")
        os.environ[PASSPHRASE_FILE] = remembered_file
    has_own = os.environ.get(PASSPHRASE) is not None or own_file(os.environ) is not None
    if backend.passphrase == GENERATED and not has_own:  # `tools/env.sh` exports it only where it knows the stack
        os.environ.setdefault(PASSPHRASE_FILE, str(CHECKOUT / ".state" / "passphrase"))
    file = os.environ.get(PASSPHRASE_FILE, "")
    if backend.passphrase == GENERATED and not has_own and file and not Path(file).is_file():
        fail(
            f"{backend.stack}: the passphrase of its state, .state/passphrase, is gone, and no secret of the state can "
            f"be read without it: put it back from a copy, or export {PASSPHRASE}. Of trials: remove their machines by "
            "hand, and the folder .state"
        )
