"""The images that tests run fit their contracts, and an image that lacks something is found out."""

import subprocess
from collections.abc import Iterator

import pytest

from tests.e2e.harness import docker
from tests.records import Ran
from tests.s3.served import image
from tests.support.stand_ins import IMAGE_KEYS, skip_without_stand_in
from tools.images_check.__main__ import FITS, LACKS, checked

REFUSES_A_FLAG = """\
FROM {image}
USER 0
RUN printf '#!/bin/sh\\ncase "$*" in *config.file*) echo "error: unknown flag" >&2; exit 1;; esac\\n' >/bin/exporter
ENTRYPOINT ["/bin/sh", "/bin/exporter"]
"""
WITHOUT_SHELL = """\
FROM {image}
USER 0
RUN rm /bin/sh
"""


@pytest.fixture
def broken(request: pytest.FixtureRequest) -> Iterator[str]:
    """A derived image of the blackbox exporter that is broken by the given recipe."""
    recipe = str(request.param).format(image=image("blackbox"))
    name = f"nuvla-swarm-images-check-broken:{'flag' if 'ENTRYPOINT' in recipe else 'shell'}"
    subprocess.run(["docker", "build", "--quiet", "--tag", name, "-"], input=recipe.encode(), check=True)
    yield name
    docker("image", "rm", "--force", name)


@pytest.mark.parametrize("key", IMAGE_KEYS)
def test_image_fits_its_contract(key: str, ran: Ran) -> None:
    skip_without_stand_in(key)
    code, lines = checked(key, image(key))
    assert code == FITS, lines
    if key != "grafana":  # whose stand-in is no build of Grafana
        ran(f"images.{key}", image(key).rpartition(":")[2])


@pytest.mark.parametrize("broken", [WITHOUT_SHELL], ids=["shell"], indirect=True)
def test_image_without_a_command_is_found_out(broken: str) -> None:
    code, (line,) = checked("blackbox", broken)
    assert (code, line.startswith("lacks the command /bin/sh (")) == (LACKS, True), line


@pytest.mark.parametrize("broken", [REFUSES_A_FLAG], ids=["flag"], indirect=True)
def test_image_that_refuses_a_flag_is_found_out(broken: str) -> None:
    assert checked("blackbox", broken) == (LACKS, ['lacks: blackbox: does not start: "error: unknown flag"'])
