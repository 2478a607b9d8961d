"""Checks of keys that are replaced: former ones that nobody has, and new ones that nobody knows yet."""

from collections.abc import Iterator

from components.generations import Generations
from components.machines.login_key import proof_of
from components.machines.prior_state import PriorState
from components.machines.ssh_settings import OwnKeySettings
from components.rule import Rule
from stacks.config.settings import Settings


def _machines_know_the_login_key(settings: Settings, prior: PriorState) -> Iterator[str]:
    """Yield a line if the program would log in with a generated key that some machine has not let in yet."""
    ssh = settings.machines.ssh
    if not isinstance(ssh, OwnKeySettings) or ssh.public_key or not prior.login_key:
        return
    former, used = prior.login_generation, ssh.used_key_generation
    strangers = sorted(
        name
        for name in prior.machines - prior.lost - frozenset(settings.machines.lost)
        if proof_of(name, ssh.key_generation) not in prior.names
    )
    if used != former and (used != ssh.key_generation or strangers):
        yield (
            f"machines.ssh.key_generation: {ssh.key_generation} given; the program logs in with the key of generation "
            f"{former}, which opens all machines; that of {ssh.key_generation} does not open "
            f"{', '.join(strangers) or 'them'} yet; allowed: {former}, or former_key_generation: {former} beside it, "
            "until `make up` has succeeded"
        )


def _former_keys_are_known(settings: Settings, prior: PriorState) -> Iterator[str]:
    """Yield a line for each former generation that the state does not have, so that no client can have it."""
    engine, s3 = settings.engine, settings.s3
    formers = (
        ("engine.former_certificate_generation", engine.former_certificate_generation, "certificates-ca", ""),
        ("s3.former_key_generation", s3.former_key_generation, "s3-key", "-access"),
    )
    for setting, former, word, rest in formers:
        unnumbered = prior.unnumbered_ca or 1 if word == "certificates-ca" else 1
        known = _generations(prior, word, rest, unnumbered)
        if former is not None and known and former not in known:
            allowed = ", ".join(map(str, sorted(known)))
            yield f"{setting}: {former} given, of which nobody has a key; allowed: {allowed}, or none"


def _generations(prior: PriorState, word: str, rest: str, unnumbered: int) -> set[int]:
    """Return the generations of a key whose resource is in the state, as `<word><generation><rest>`."""
    numbers = [
        name.removeprefix(word).removesuffix(rest)
        for name in prior.names
        if name.startswith(word) and name.endswith(rest)
    ]
    generations = Generations(unnumbered=unnumbered)
    found = {unnumbered if number == "" else int(number) for number in numbers if number == "" or number.isdecimal()}
    return {one for one in found if f"{generations.name(word, one)}{rest}" in prior.names}


RULES = (
    Rule(
        id="new-login-key",
        refuses="another `machines.ssh.key_generation`, before all machines have let in the new key",
        check=_machines_know_the_login_key,
    ),
    Rule(
        id="former-keys",
        refuses="a former generation that the state does not have: of the CA, or of the key of S3",
        check=_former_keys_are_known,
    ),
)
