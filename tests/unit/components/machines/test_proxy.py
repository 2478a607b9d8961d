"""components/machines/proxy.py: what machines reach through a proxy."""

import pulumi

from components.machines.proxy import NO_PROXY, Proxy
from tests.support.pulumi_run import build, value


def proxy() -> Proxy:
    return Proxy(
        http="http://proxy:3128",
        excluded=["10.77.0.0/16", ".example.org"],
        addresses=["10.77.0.11", pulumi.Output.from_input("192.0.2.7"), "10.77.0.11"],
    )


def test_machine_reaches_itself_and_what_is_excluded_directly() -> None:
    excluded = "localhost,127.0.0.0/8,10.77.0.0/16,.example.org,10.77.0.11,192.0.2.7"
    assert value(build(lambda: proxy().parameters())) == {
        "PROXY_HTTP": "http://proxy:3128",
        "PROXY_HTTPS": "",
        "PROXY_EXCLUDED": excluded,
    }


def test_preview_shows_no_address_of_a_machine() -> None:
    assert build(proxy).props() == {
        "http": "http://proxy:3128",
        "https": "",
        "no_proxy": "localhost,127.0.0.0/8,10.77.0.0/16,.example.org",
    }


def test_machine_without_a_proxy_excludes_nothing() -> None:
    assert not NO_PROXY.is_used
    assert value(NO_PROXY.parameters()) == dict.fromkeys(("PROXY_HTTP", "PROXY_HTTPS", "PROXY_EXCLUDED"), "")
    assert Proxy(https="http://proxy:3128").is_used
