"""components/machines/packages.py: additional packages of a machine."""

from components.machines.packages import Packages, PackagesArgs
from tests.support.builders import another, machine
from tests.support.fake_pulumi import FakePulumi
from tests.support.pulumi_run import build

COMMAND = "worker-1-packages-install"


def packages() -> None:
    def make() -> Packages:
        args = PackagesArgs(
            machine=machine(), packages=["tree", "htop", "tree"], depends_on=[another("engine"), another("firewall")]
        )
        return Packages("worker-1-packages", args)

    build(make)


def test_preview_shows_each_package_once(fake_pulumi: FakePulumi) -> None:
    packages()
    assert fake_pulumi.types["worker-1-packages"] == "nuvla:machines:Packages"
    assert fake_pulumi.inputs("worker-1-packages") == {"packages": ["htop", "tree"]}
    assert "worker-1-packages" in fake_pulumi.finished


def test_packages_are_installed_behind_the_firewall(fake_pulumi: FakePulumi) -> None:
    packages()
    assert fake_pulumi.parameters(COMMAND) == {"MACHINE": "worker-1", "PACKAGES": "htop tree"}
    assert fake_pulumi.dependencies(COMMAND) == {"engine", "firewall"}
    assert fake_pulumi.triggers(COMMAND) == ["worker-1-root"]


def test_packages_stay_when_they_are_no_longer_listed(fake_pulumi: FakePulumi) -> None:
    packages()
    assert "delete" not in fake_pulumi.inputs(COMMAND)
