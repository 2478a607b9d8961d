"""Credentials that are replaced while clients use them: none that a client was told to use is ever refused."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.callers import OK, Calls, api_client, calling, lister
from tests.e2e.conftest import small_target_settings
from tests.e2e.first_month.access import docker_as
from tests.e2e.harness import Stack, stack
from tests.e2e.networks import subnet_of
from tests.e2e.waiting import kill_make_when, wait_for
from tests.support.s3_client import s3_client
from tests.support.stand_ins import skip_without_stand_in

pytestmark = pytest.mark.slow

FEWEST_CALLS = 10  # of a client during one update
BUCKET = "kept"


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Yield a target on one manager with S3 and two named operators."""
    skip_without_stand_in()
    settings = small_target_settings(subnet_of("rotation"), 1) | {"nfs": {"server": "ganesha"}, "s3": {}}
    settings["machines"]["pools"].pop("worker")
    settings["engine"] = {"operators": ["alice", "bob"]}
    with stack("e2e-rotation", Path(tmp_path_factory.mktemp("rotation")), settings) as target:
        result = target.up()
        assert result.code == 0, result.text
        yield target


def holders(target: Stack) -> dict[str, Mapping[str, str]]:
    """Return the certificates of all clients of Docker's API, as the outputs hand them over."""
    docker = target.outputs()["docker"]
    return {"nuvla": docker["nuvla"], "operator": docker["operator"], **docker["operators"]}


def api_clients(target: Stack, certificates: Mapping[str, Mapping[str, str]]) -> dict[str, Callable[[], str]]:
    address = target.address("manager-1")
    return {name: api_client(address, certificate) for name, certificate in certificates.items()}


def up(target: Stack, **settings: Any) -> None:
    """Set settings, with two underscores for a dot and None for unset, and update."""
    for path, value in settings.items():
        if value is None:
            target.unset(path.replace("__", "."))
        else:
            target.set(path.replace("__", "."), value)
    result = target.up()
    assert result.code == 0, result.text


def answered(calls: Mapping[str, Calls]) -> Callable[[], bool]:
    """Return whether each client has got some more answers than now."""
    before = {name: told.answered for name, told in calls.items()}
    return lambda: all(told.answered > before[name] + FEWEST_CALLS for name, told in calls.items())


def require_no_refusals(calls: Mapping[str, Calls]) -> None:
    for name, told in calls.items():
        print(f"{name}: {told.answered} answers, {told.away} away, at most {told.longest_away_s:.1f} s")
        assert told.refused == [], name
        assert told.answered > FEWEST_CALLS, name


def require_no_changes(target: Stack) -> None:
    second = target.up()
    assert second.code == 0, second.text
    assert second.touched() == set(), second.text


def require_refused(clients: Mapping[str, Callable[[], str]]) -> None:
    """Require that each client's credential is refused, once whatever restarted is back."""
    for name, call in clients.items():
        told = [""]

        def is_decided(call: Callable[[], str] = call, told: list[str] = told) -> bool:
            told[0] = call()
            return told[0] != "away"

        wait_for(is_decided, f"{name} is answered")
        assert told[0] != OK, f"{name} is still let in"


def test_new_ca_is_noticed_by_no_client(target: Stack) -> None:
    """Clients have their old certificate until the first update is done, and the new one before the second begins.

    The first update is killed while the manager learns the new CA, and runs again.
    """
    old, before = api_clients(target, holders(target)), accepted(target)
    files = [target.outputs()["docker"]]
    with calling(old) as calls:
        target.set("engine.certificate_generation", 2)
        target.set("engine.former_certificate_generation", 1)
        kill_make_when(target, "up", lambda: accepted(target) != before, "the manager knows the new CA")
        result = target.make("up")
        assert result.code == 0, result.text
        new = api_clients(target, holders(target))
        files.append(target.outputs()["docker"])
        assert [docker_as(target, "alice", each).text for each in files] == ["manager-1\n"] * 2
        with calling(new) as new_calls:
            wait_for(answered(new_calls), "new ones are let in")
    require_no_refusals(calls)
    require_no_refusals(new_calls)
    require_no_changes(target)
    with calling(new) as calls:
        up(target, engine__former_certificate_generation=None)
        wait_for(answered(calls), "clients are answered")
    require_no_refusals(calls)
    require_refused(old)
    assert [docker_as(target, "alice", each).code for each in files] == [1, 0]
    require_no_changes(target)


def test_certificates_of_clients_are_replaced_one_by_one(target: Stack) -> None:
    """Nothing restarts, and others keep theirs; an old one stays valid until it ends, or the CA does."""
    old = holders(target)
    for name in ("nuvla", "operator", "program"):
        with calling(api_clients(target, old)) as calls:
            up(target, **{f"engine__{name}_certificate_generation": 2})
            wait_for(answered(calls), "clients are answered")
        require_no_refusals(calls)
        assert [told.away for told in calls.values()] == [0] * len(old)
        new = holders(target)
        assert {holder for holder in old if new[holder] != old[holder]} == ({name} & set(old))
        assert [call() for call in api_clients(target, new).values()] == [OK] * len(new)
        old = new
    require_no_changes(target)


def test_certificates_of_servers_are_replaced_without_the_ca(target: Stack) -> None:
    clients, before = holders(target), served(target)
    with calling(api_clients(target, clients)) as calls:
        up(target, engine__server_certificate_generation=2)
        wait_for(answered(calls), "clients are answered")
    require_no_refusals(calls)
    assert holders(target) == clients
    assert served(target) != before
    require_no_changes(target)


def accepted(target: Stack) -> str:
    """Return the CAs whose clients the manager's engine accepts from its next start on."""
    return target.on("manager-1", "cat", "/etc/docker/tls/ca.pem").text


def served(target: Stack) -> str:
    """Return the certificate of the manager's engine."""
    return target.on("manager-1", "cat", "/etc/docker/tls/cert.pem").text


def test_certificate_of_one_operator_is_replaced_by_a_second_name(target: Stack) -> None:
    old = holders(target)
    with calling(api_clients(target, old)) as calls:
        up(target, engine__operators=["alice", "alice-2", "bob"])
        new = holders(target)
        wait_for(answered(calls), "clients are answered")
    require_no_refusals(calls)
    alice = old.pop("alice")
    assert {name: new[name] for name in old} == old
    new.pop("alice")
    with calling(api_clients(target, new)) as calls:
        up(target, engine__operators=["alice-2", "bob"])
        wait_for(answered(calls), "clients are answered")
    require_no_refusals(calls)
    require_refused(api_clients(target, {"alice": alice}))
    require_no_changes(target)


def test_both_keys_of_s3_are_valid_until_the_former_one_is_given_up(target: Stack) -> None:
    trusted = target.certificate()
    old = target.outputs()["s3"]
    s3_client(old, verify=str(trusted)).create_bucket(Bucket=BUCKET)
    s3_client(old, verify=str(trusted)).put_object(Bucket=BUCKET, Key="first", Body=b"1")
    with calling({"old": lister(old, trusted, BUCKET)}) as calls:
        up(target, s3__key_generation=2, s3__former_key_generation=1)
        new = target.outputs()["s3"]
        assert new != old
        wait_for(answered(calls), "the old key is let in beside the new one")
        for name, key in {"a": old, "b": new}.items():
            client = s3_client(key, verify=str(trusted))
            client.create_bucket(Bucket=f"{BUCKET}-{name}")
            client.put_object(Bucket=BUCKET, Key=name, Body=b"1")
            assert client.get_object(Bucket=BUCKET, Key="first")["Body"].read() == b"1"
            assert "Errors" not in client.delete_objects(Bucket=BUCKET, Delete={"Objects": [{"Key": name}]})
    require_no_refusals(calls)
    require_no_changes(target)
    with calling({"new": lister(new, trusted, BUCKET)}) as calls:
        up(target, s3__former_key_generation=None)
        wait_for(answered(calls), "the new key is let in alone")
    require_no_refusals(calls)
    require_refused({"old": lister(old, trusted, BUCKET)})
    client = s3_client(new, verify=str(trusted))
    client.put_object(Bucket=f"{BUCKET}-a", Key="of-the-new-key", Body=b"3")
    assert {found["Name"] for found in client.list_buckets()["Buckets"]} >= {BUCKET, f"{BUCKET}-a", f"{BUCKET}-b"}
    require_no_changes(target)
