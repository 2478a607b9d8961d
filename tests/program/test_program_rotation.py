"""The resources that the replacement of each credential touches, in the whole program: these and no others."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import pulumi
import pytest

from components.errors import count
from components.machines.machine import Machine
from components.swarm.roll import Roll
from tests.settings.rows import with_all
from tests.support.configs import exoscale, secrets_for, target
from tests.support.fake_pulumi import FakePulumi
from tests.support.pulumi_run import run_program
from tests.support.rows import rows
from tests.support.ssh_keys import BOB

BASE = target(managers=1, workers=1) | {"engine": {"operators": ["alice"]}}
WATCHED = {"prometheus-config-certificate-ends", "prometheus-service", "monitoring-converged"}  # ends of certificates
# Engines of managers restart, so that the services on them are looked at again.
RESTARTED = {"manager-1-engine-configure"} | {
    f"{name}-converged" for name in ("monitoring", "s3", "socket-proxy", "traefik")
}


def certificate(holder: str) -> set[str]:
    return {f"certificates-{holder}-{part}" for part in ("key", "request", "cert")}


CLIENTS = certificate("nuvla") | certificate("operator") | certificate("program")
ALICE = {f"operators-alice-{part}" for part in ("key", "request", "cert")}
ALL = {"certificates", "operators", "swarm-engine"} | CLIENTS | certificate("manager-1") | ALICE | WATCHED | RESTARTED
PROGRAM = certificate("program") | {"swarm-engine"}
CA, CA_2 = {"certificates-ca", "certificates-ca-key"}, {"certificates-ca2", "certificates-ca2-key"}
CROSSED = {"certificates-ca-crossed-request", "certificates-ca-crossed-cert"}
SIGNER = {"operators-alice-ca", "operators-alice-signer"}
SIGNER_2 = {"operators-alice-ca2", "operators-alice-signer2"}
S3_SERVICES = {"s3-key", "s3-service", "s3-gateway-service", "s3-converged"}
S3_SECRETS = {f"{service}-secret-s3-{part}-key" for service in ("s3", "s3-gateway") for part in ("access", "secret")}
S3_FORMER = {name.replace("-secret-s3-", "-secret-s3-former-") for name in S3_SECRETS}
S3_KEY, S3_KEY_2 = {"s3-key-access", "s3-key-secret"}, {"s3-key2-access", "s3-key2-secret"}
CA_GENERATION, FORMER_CA = "engine.certificate_generation", "engine.former_certificate_generation"
S3_GENERATION, FORMER_S3 = "s3.key_generation", "s3.former_key_generation"

KEY_GENERATION, FORMER_KEY = "machines.ssh.key_generation", "machines.ssh.former_key_generation"
LEARNT = {f"{machine}-login-key" for machine in ("manager-1", "worker-1")}
PROVED = {f"{machine}-login-key2-proof" for machine in ("manager-1", "worker-1")}


@pytest.fixture(autouse=True)
def emptied(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the machines that are emptied to be rebuilt, in their order; nobody does so, or refills them."""
    names: list[str] = []

    async def empty(_: Roll, machine: str, *, for_good: bool) -> None:
        assert not for_good
        names.append(machine)

    async def told(_: Roll, machine: str, verb: str) -> None:
        assert machine
        assert verb == "refill"

    monkeypatch.setattr(Roll, "empty", empty)

    async def reached(_: Roll, manager: Machine) -> None:
        assert manager.name.startswith("manager-")

    monkeypatch.setattr(Roll, "_told", told)
    monkeypatch.setattr(Roll, "_reached", reached)
    return names


@dataclass(frozen=True, kw_only=True)
class Step:
    """Settings of two updates, and what the second one touches."""

    before: Mapping[str, Any] = field(default_factory=dict)
    after: Mapping[str, Any]
    changed: set[str]
    new: set[str] = field(default_factory=set)
    gone: set[str] = field(default_factory=set)


STEPS = {
    "Nuvla's certificate": Step(
        after={"engine.nuvla_certificate_generation": 2},
        changed={"certificates"} | certificate("nuvla") | WATCHED,
    ),
    "the operators' certificate": Step(
        after={"engine.operator_certificate_generation": 2},
        changed={"certificates"} | certificate("operator") | WATCHED,
    ),
    "the program's certificate": Step(
        after={"engine.program_certificate_generation": 2},
        changed={"certificates", "swarm-engine"} | certificate("program") | WATCHED,
    ),
    "certificates of servers": Step(
        after={"engine.server_certificate_generation": 2},
        changed={"certificates"} | certificate("manager-1") | RESTARTED,
    ),
    "the certificate of an operator, a second one": Step(
        after={"engine.operators": ["alice", "alice-2"]},
        changed={"operators", "manager-1-engine"} | WATCHED | RESTARTED,
        new={name.replace("alice", "alice-2") for name in ALICE | SIGNER},
    ),
    "the certificate of an operator, without the first one": Step(
        before={"engine.operators": ["alice", "alice-2"]},
        after={"engine.operators": ["alice-2"]},
        changed={"operators", "manager-1-engine"} | WATCHED | RESTARTED,
        gone=ALICE | SIGNER,
    ),
    "the CA at once": Step(after={CA_GENERATION: 2}, changed=ALL, new=CA_2 | SIGNER_2, gone=CA | SIGNER),
    "the CA, with both": Step(
        after={CA_GENERATION: 2, FORMER_CA: 1}, changed=ALL - PROGRAM, new=CA_2 | SIGNER_2 | CROSSED
    ),
    "the CA, without the former one": Step(
        before={CA_GENERATION: 2, FORMER_CA: 1},
        after={CA_GENERATION: 2},
        changed={"certificates", "operators"} | PROGRAM | WATCHED | RESTARTED,
        gone=CA | SIGNER | CROSSED,
    ),
    "the key of S3 at once": Step(
        after={S3_GENERATION: 2}, changed=S3_SERVICES | S3_SECRETS, new=S3_KEY_2, gone=S3_KEY
    ),
    "the key of S3, with both": Step(
        after={S3_GENERATION: 2, FORMER_S3: 1}, changed=S3_SERVICES | S3_SECRETS, new=S3_KEY_2 | S3_FORMER
    ),
    "the key of S3, without the former one": Step(
        before={S3_GENERATION: 2, FORMER_S3: 1},
        after={S3_GENERATION: 2},
        changed=S3_SERVICES,
        gone=S3_KEY | S3_FORMER,
    ),
    "the SSH key, with both": Step(
        after={KEY_GENERATION: 2, FORMER_KEY: 1},
        changed={"cluster"},
        new={"cluster-login-key2", "login-key"} | LEARNT | PROVED,
    ),
    "join tokens": Step(after={"swarm.token_generation": 2}, changed={"swarm-tokens", "swarm-tokens-rotated"}),
    "Grafana's password": Step(
        after={"monitoring.grafana.login_generation": 2},
        changed={
            *("grafana-login", "grafana-login-password", "grafana-secret-grafana-admin-password", "grafana-service"),
            "monitoring-converged",
        },
    ),
    "Prometheus' password": Step(
        after={"monitoring.prometheus.login_generation": 2},
        changed={
            *("prometheus-login", "prometheus-login-password", "traefik-secret-prometheus-users", "traefik-service"),
            "traefik-converged",
        },
    ),
    "the password for Traefik's metrics": Step(
        after={"traefik.metrics_login_generation": 2},
        changed={
            *("traefik-metrics-login", "traefik-metrics-login-password", "traefik-secret-metrics-users"),
            *("traefik-service", "traefik-converged", "prometheus-secret-traefik-metrics-password"),
            *("prometheus-service", "monitoring-converged"),
        },
    ),
}


def contents(engine: FakePulumi) -> None:
    """Have keys, certificates and answers differ where what they are made of differs."""
    engine.has_contents = True


def updated(settings: Mapping[str, Any], state: dict[str, Any] | None = None) -> FakePulumi:
    """Run the program on a state, with keys and certificates that differ where what they are made of differs."""
    return run_program(with_all(BASE, settings), state=state, seen=contents).engine


@cache
def _updated(former: str, settings: str) -> FakePulumi:
    return updated(json.loads(settings), json.loads(former))


def ups(*settings: Mapping[str, Any]) -> FakePulumi:
    """Return the last of updates of a stack that was up before any replacement."""
    made = _updated("{}", "{}")
    for one in settings:
        made = _updated(json.dumps(made.state_after(), sort_keys=True), json.dumps(one, sort_keys=True))
    return made


def described(made: FakePulumi) -> dict[str, tuple[Any, str]]:
    """Return inputs and trigger of each resource."""
    return {name: (made.inputs(name), str(made.options[name].replacement_trigger)) for name in made.given}


SSH_BASES = {"local": BASE, "exoscale": exoscale(managers=1, workers=1)}
HOST_KEY = "machines.ssh.host_key_generation"


def commands(made: FakePulumi) -> set[str]:
    return {name for name, kind in made.types.items() if kind == "command:remote:Command"}


def shown_by(made: FakePulumi) -> set[str]:
    """Return the host keys that commands expect, without the marks of what they are made of."""
    return {made.inputs(name)["connection"]["hostKey"].partition("~")[0].partition("-1-")[2] for name in commands(made)}


@rows("provider", list(SSH_BASES))
def test_host_key_of_another_generation_touches_the_commands_of_machines_alone(provider: str) -> None:
    """They have another connection, and run again; no machine, no service and no membership changes otherwise."""
    settings = with_all(SSH_BASES[provider], {HOST_KEY: 2})
    former, made = kept(provider), host_keys_after(provider, 2)
    before, after = described(former), described(made)
    new = {f"{machine}-host-key{part}" for machine in ("manager-1", "worker-1") for part in ("2", "-proof")}
    assert set(after) - set(before) == new
    assert set(before) - set(after) == set()
    assert {name for name in before if before[name] != after[name]} == {"cluster"} | commands(former)
    for name in commands(former):
        connection = {**former.inputs(name)["connection"], "hostKey": ""}
        assert {**made.inputs(name), "connection": {**made.inputs(name)["connection"], "hostKey": ""}} == {
            **former.inputs(name),
            "connection": connection,
        }, name
    assert (shown_by(former), shown_by(made)) == ({"host-key"}, {"host-key2"})
    assert described(next_run(settings, made)) == after
    for machine in ("manager-1", "worker-1"):
        others = {name for name in commands(made) if name.startswith(f"{machine}-engine")}
        assert all(f"{machine}-host-key-proof" in made.dependencies(name) for name in others)


@rows("provider", list(SSH_BASES))
def test_next_host_key_forgets_the_last_one_but_not_that_of_the_creation(provider: str) -> None:
    second, third = host_keys_after(provider, 2), host_keys_after(provider, 2, 3)
    machines = ("manager-1", "worker-1")
    assert set(second.given) - set(third.given) == {f"{machine}-host-key2" for machine in machines}
    assert set(third.given) - set(second.given) == {f"{machine}-host-key3" for machine in machines}
    assert (second.inputs("worker-1"), third.inputs("worker-1")) == (kept(provider).inputs("worker-1"),) * 2
    back = host_keys_after(provider, 2, 1)
    assert shown_by(back) == {"host-key"}
    assert described(host_keys_after(provider, 2, 1, 1)) == described(back)


def kept(provider: str) -> FakePulumi:
    return host_keys_after(provider)


@cache
def host_keys_after(provider: str, *generations: int) -> FakePulumi:
    """Return the last of updates of a stack, with each generation after the other."""
    base = SSH_BASES[provider]
    if not generations:
        return run_program(base, seen=contents, secrets=secrets_for(base)).engine
    *earlier, last = generations
    return next_run(with_all(base, {HOST_KEY: last}), host_keys_after(provider, *earlier))


def next_run(settings: Mapping[str, Any], former: FakePulumi) -> FakePulumi:
    return run_program(settings, state=former.state_after(), seen=contents, secrets=secrets_for(settings)).engine


def test_what_is_undone_on_a_machine_is_not_undone_with_its_former_host_key() -> None:
    """Pulumi undoes a command with the connection of the last update, at the end of this one."""
    people = {"machines.ssh.authorized_keys": [BOB]}
    before = run_program(with_all(BASE, people), seen=contents).engine
    seen = list[FakePulumi]()
    for settings in ({}, {"machines.pools.worker.count": 0}):
        with pytest.raises(pulumi.RunError) as refused:
            run_program(with_all(BASE, {HOST_KEY: 2, **settings}), state=before.state_after(), seen=seen.append)
        undone = ["manager-1-authorized-keys", *([] if settings else ["worker-1-authorized-keys"])]
        assert str(refused.value).splitlines() == [
            f"the update cannot undo {count(len(undone), 'command')}:",
            f"  nuvla-swarm:{HOST_KEY}: 2 given, and these settings also undo {', '.join(undone)}, which know only "
            "the former host key of their machine; allowed: one of both changes in each `make up`",
        ]
    both = next_run(with_all(BASE, {HOST_KEY: 2, **people}), before)
    one = next_run(with_all(BASE, {HOST_KEY: 2}), both)
    assert set(both.given) - set(one.given) >= {"manager-1-authorized-keys", "worker-1-authorized-keys"}
    fewer = with_all(BASE, {HOST_KEY: 2, "machines.pools.worker.count": 0, **people})
    assert "worker-1-membership-active" not in next_run(fewer, before).given, "a machine that leaves is not undone"


@rows("title", list(STEPS))
def test_replacement_touches_these_resources_and_no_others(title: str) -> None:
    step = STEPS[title]
    earlier = [step.before] if step.before else []
    before, after = described(ups(*earlier)), described(ups(*earlier, step.after))
    assert set(after) - set(before) == step.new
    assert set(before) - set(after) == step.gone
    assert {name for name in before.keys() & after if before[name] != after[name]} == step.changed


@rows("title", list(STEPS))
def test_second_update_changes_nothing(title: str) -> None:
    step = STEPS[title]
    earlier = [step.before] if step.before else []
    assert described(ups(*earlier, step.after, step.after)) == described(ups(*earlier, step.after))


def with_both_keys(provider: str) -> tuple[dict[str, Any], FakePulumi]:
    """Return the settings with the current key alone, and the run with both before."""
    base = SSH_BASES[provider]
    both = with_all(base, {KEY_GENERATION: 2, FORMER_KEY: 1})
    former = run_program(base, seen=contents, secrets=secrets_for(base)).engine
    made = run_program(both, state=former.state_after(), seen=contents, secrets=secrets_for(base)).engine
    return with_all(base, {KEY_GENERATION: 2}), made


@rows("provider", list(SSH_BASES))
def test_program_logs_in_with_the_new_key_and_retires_the_former_one_afterwards(
    provider: str, emptied: list[str]
) -> None:
    """All commands have another connection; local machines are rebuilt with the new key, one after the other."""
    emptied.clear()
    settings, both = with_both_keys(provider)
    assert emptied == []
    made = run_program(settings, state=both.state_after(), seen=contents, secrets=secrets_for(settings)).engine
    assert set(both.given) - set(made.given) == {"cluster-login-key"} | PROVED
    assert set(made.given) <= set(both.given)
    for name, kind in made.types.items():
        if kind == "command:remote:Command":
            connections = [run.inputs(name)["connection"]["privateKey"] for run in (both, made)]
            assert [one.partition("~")[0] for one in connections] == [
                "PRIVATE-KEY-OPENSSH:cluster-login-key",
                "PRIVATE-KEY-OPENSSH:cluster-login-key2",
            ], name
    for name in ("manager-1-login-key", "worker-1-login-key"):
        assert made.parameters(name)["RETIRED"] == "ssh-ed25519 cluster-login-key"
    assert emptied == (["worker-1", "manager-1"] if provider == "local" else [])
    again = run_program(settings, state=made.state_after(), seen=contents, secrets=secrets_for(settings)).engine
    assert described(again) == described(made)


def test_key_that_some_machine_has_not_let_in_is_not_used() -> None:
    settings, both = with_both_keys("exoscale")
    state = both.state_after()
    del state[next(urn for urn in state if urn.endswith("::worker-1-login-key2-proof"))]
    seen = list[FakePulumi]()
    with pytest.raises(pulumi.RunError) as refused:
        run_program(settings, state=state, seen=seen.append, secrets=secrets_for(settings))
    assert str(refused.value).splitlines()[1:] == [
        "  nuvla-swarm:machines.ssh.key_generation: 2 given; the program logs in with the key of generation 1, which "
        "opens all machines; that of 2 does not open worker-1 yet; allowed: 1, or former_key_generation: 1 beside it, "
        "until `make up` has succeeded (rule new-login-key, which has no exception)"
    ]
    assert seen[0].types == {}


FORMERS = {
    CA_GENERATION: ({CA_GENERATION: 3, FORMER_CA: 2}, {CA_GENERATION: 3, FORMER_CA: 1}, FORMER_CA),
    S3_GENERATION: ({S3_GENERATION: 3, FORMER_S3: 2}, {S3_GENERATION: 3, FORMER_S3: 1}, FORMER_S3),
}


@rows("generation", list(FORMERS))
def test_former_generation_that_nobody_has_is_refused(generation: str) -> None:
    """It would be a new one, and the one that everybody has would be gone."""
    unknown, known, setting = FORMERS[generation]
    state = ups().state_after()
    with pytest.raises(pulumi.RunError) as refused:
        updated(unknown, state)
    assert str(refused.value).splitlines()[1:] == [
        f"  nuvla-swarm:{setting}: 2 given, of which nobody has a key; allowed: 1, or none "
        "(rule former-keys, which has no exception)"
    ]
    assert updated(known, updated(known, state).state_after()).given
    with pytest.raises(pulumi.RunError, match="2 given, of which nobody has a key; allowed: 1, 3, or none"):
        updated({**unknown, generation: 4}, updated(known, state).state_after())


def test_next_replacement_keeps_the_key_that_the_last_one_added() -> None:
    settings, both = with_both_keys("exoscale")
    second = run_program(settings, state=both.state_after(), seen=contents, secrets=secrets_for(settings)).engine
    third = with_all(settings, {KEY_GENERATION: 3, FORMER_KEY: 2})
    made = run_program(third, state=second.state_after(), seen=contents, secrets=secrets_for(third)).engine
    keys = made.script("worker-1-login-key").split("KEYS='")[1].partition("'")[0].splitlines()
    assert keys == [f"ssh-ed25519 cluster-login-key{number} nuvla-swarm" for number in (3, 2)]
    assert made.parameters("worker-1-login-key")["RETIRED"] == "ssh-ed25519 cluster-login-key"


def test_ca_of_an_earlier_version_keeps_its_names() -> None:
    """Earlier versions replaced the CA in place, and noted no generation of its names."""
    made = updated({CA_GENERATION: 3})
    state = made.state_after()
    [urn] = [urn for urn in state if urn.endswith("::certificates")]
    state[urn]["outputs"].pop("unnumbered")
    assert described(updated({CA_GENERATION: 3}, state)) == described(made)
    next_one = updated({CA_GENERATION: 4, FORMER_CA: 3}, state)
    assert {"certificates-ca", "certificates-ca4"} <= set(next_one.given)
    assert next_one.inputs("certificates-ca") == made.inputs("certificates-ca")


def test_engines_accept_both_cas_and_servers_show_who_signed_theirs() -> None:
    made = ups({CA_GENERATION: 2, FORMER_CA: 1})
    script = made.script("manager-1-engine-configure")
    accepted, served = (
        script.split("TLS_CA=")[1].split("TLS_CERT=")[0],
        script.split("TLS_CERT=")[1].split("TLS_KEY=")[0],
    )
    names = ("certificates-ca2~", "certificates-ca~", "operators-alice-ca2~", "operators-alice-ca~")
    places = [accepted.index(f"SELF-SIGNED-PEM:{name}") for name in names]
    assert places == sorted(places)
    own, crossed = (served.index(f"SIGNED-PEM:certificates-{name}-cert~") for name in ("manager-1", "ca-crossed"))
    assert own < crossed


def test_program_has_a_certificate_that_engines_accept_before_and_after_each_step() -> None:
    """So an update that was killed in between can go on."""
    states = [ups(), ups({CA_GENERATION: 2, FORMER_CA: 1}), ups({CA_GENERATION: 2, FORMER_CA: 1}, {CA_GENERATION: 2})]
    accepted = [made.script("manager-1-engine-configure").split("TLS_CERT=")[0] for made in states]
    for made, before in zip(states[1:], accepted, strict=False):
        assert made.inputs("certificates-program-cert")["caCertPem"] in before
    for made, now in zip(states, accepted, strict=True):
        assert made.inputs("certificates-program-cert")["caCertPem"] in now
        assert made.inputs("swarm-engine")["caMaterial"] == made.inputs("certificates-program-cert")["caCertPem"]
