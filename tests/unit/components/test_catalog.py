"""components/catalog.py: what the folders of components/ declare, collected."""

import re

from components import assets, catalog
from stacks.config.settings import Settings


def test_catalog_lists_each_folder_with_a_manifest() -> None:
    faces = assets.COMPONENTS.glob("*/__init__.py")
    declared = {face.parent.name for face in faces if re.search(r"^MANIFEST = ", face.read_text(), re.MULTILINE)}
    assert set(catalog.MANIFESTS) == declared, "the catalog misses a folder with a MANIFEST"


def test_declared_files_and_dashboards_exist() -> None:
    files = [path for _, path in (*catalog.rules(catalog.FEATURES), *catalog.scrapes(catalog.FEATURES))]
    assert [path for path in files if not (assets.COMPONENTS / path).is_file()] == []
    modules = [module.replace(".", "/") for _, module in catalog.dashboards(catalog.FEATURES)]
    assert [module for module in modules if not (assets.COMPONENTS.parent / f"{module}.py").is_file()] == []


def test_data_name_their_machine_by_a_property_of_settings_or_a_label() -> None:
    wrong = {
        name: "give `machine`, a property of stacks.config.settings.Settings, or `label`"
        for name, stored in catalog.data().items()
        if stored.label is None and not isinstance(getattr(Settings, stored.machine or "", None), property)
    }
    assert wrong == {}


def test_names_of_declarations_are_distinct() -> None:
    manifests = catalog.MANIFESTS.values()
    assert len(catalog.images()) == sum(len(manifest.images) for manifest in manifests)
    assert len(catalog.data()) == sum(len(manifest.data) for manifest in manifests)
    assert len(catalog.secrets()) == sum(len(manifest.secrets) for manifest in manifests)


def test_features_decide_which_declarations_a_stack_has() -> None:
    assert {"nfs", "s3"}.isdisjoint(name for name, _ in catalog.rules([]))
    assert dict(catalog.rules(["nfs"])).items() - dict(catalog.rules([])).items() == {
        ("nfs", "storage/files/rules/nfs.yml")
    }
    assert [name for name, _ in catalog.scrapes([])] == []
    assert set(catalog.images_of(["s3"])) - set(catalog.images_of([])) == {"versitygw", "openresty"}
    assert set(catalog.images_of(catalog.FEATURES)) == set(catalog.images())


def test_published_services_are_those_that_a_stack_runs() -> None:
    every = {service.name: service.path for service in catalog.published(catalog.FEATURES | {"monitoring"})}
    assert every == {"prometheus": "/prometheus", "grafana": "/grafana", "s3": "/minio"}
    assert [service.name for service in catalog.published(["s3"])] == ["s3"]
    assert catalog.published([]) == []


def test_host_traces_are_those_of_all_folders() -> None:
    traces = catalog.host_traces()
    for folder, manifest in catalog.MANIFESTS.items():
        assert set(manifest.host_traces.added) <= set(traces.added), folder
        assert set(manifest.host_traces.replaced) <= set(traces.replaced), folder


def test_dashboard_texts_have_the_declared_names() -> None:
    assert list(catalog.dashboard_texts()) == [name for name, _ in catalog.dashboards(catalog.FEATURES)]
