"""components/manifest.py: what a folder of components/ declares."""

from components.manifest import HostTraces


def test_sum_of_host_traces_has_each_path_once_in_order() -> None:
    one = HostTraces(added=["/a", "/b"], units=["a.service"])
    other = HostTraces(added=["/b", "/c"], sysctls=["net.a"])
    assert one + other == HostTraces(added=("/a", "/b", "/c"), units=("a.service",), sysctls=("net.a",))
