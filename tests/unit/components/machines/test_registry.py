"""components/machines/registry.py: the providers of machines, each in its folder."""

from pathlib import Path

from components.machines import registry
from components.machines.provider import Provider
from tests.support import plans


def test_registry_lists_each_folder_of_a_provider() -> None:
    package = Path(registry.__file__).parent
    found = {path.parent.name for path in package.glob("*/provider.py")}
    assert set(registry.FOLDERS) == found, "name the folder in FOLDERS of components/machines/registry.py"


def test_folder_of_a_provider_has_each_part() -> None:
    package = Path(registry.__file__).parent
    parts = ("settings.py", "provider.py", "cluster.py")
    missing = [f"{name}/{part}" for name in registry.FOLDERS for part in parts if not (package / name / part).exists()]
    assert not missing, f"write components/machines/{', '.join(missing)}"


def test_provider_of_machines_is_the_one_of_their_setting() -> None:
    for machines in (plans.local(), plans.exoscale(), plans.existing()):
        provider = registry.provider_of(machines)
        assert isinstance(provider, Provider)
        assert type(provider).__name__.lower() == machines.provider
