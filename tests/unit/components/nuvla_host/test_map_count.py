"""components/nuvla_host/map_count.py: the kernel's limit of memory maps for Nuvla's database."""

from components.nuvla_host.map_count import MapCount, MapCountArgs
from tests.support.builders import another, machine
from tests.support.fake_pulumi import FakePulumi
from tests.support.pulumi_run import build

SET = "db-map-count-set"


def map_count(*, shares_kernel: bool = False) -> MapCount:
    def make() -> MapCount:
        args = MapCountArgs(machine=machine("db-1", shares_kernel=shares_kernel), depends_on=another("installed"))
        return MapCount("db-map-count", args)

    return build(make)


def test_preview_shows_the_map_count_that_elasticsearch_needs(fake_pulumi: FakePulumi) -> None:
    map_count()
    assert fake_pulumi.types["db-map-count"] == "nuvla:nuvla:MapCount"
    assert fake_pulumi.inputs("db-map-count") == {"max_map_count": 262144}
    assert "db-map-count" in fake_pulumi.finished


def test_map_count_is_set_on_a_machine_with_its_own_kernel(fake_pulumi: FakePulumi) -> None:
    map_count()
    assert fake_pulumi.parameters(SET) == {"COUNT": "262144", "ONLY_CHECK": ""}
    assert fake_pulumi.dependencies(SET) == {"installed"}
    assert fake_pulumi.triggers(SET) == ["db-1-root"]


def test_map_count_of_a_shared_kernel_is_only_checked(fake_pulumi: FakePulumi) -> None:
    map_count(shares_kernel=True)
    assert fake_pulumi.parameters(SET) == {"COUNT": "262144", "ONLY_CHECK": "true"}
