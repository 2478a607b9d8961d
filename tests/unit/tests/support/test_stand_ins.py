"""tests/support/stand_ins.py: a test that starts an image without a stand-in is skipped in offline mode."""

import pytest

from tests.support import stand_ins
from tests.support.stand_ins import IMAGE_KEYS, images_without_stand_in, skip_without_stand_in


@pytest.fixture
def without_traefik(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Stand-ins for all images but Traefik's."""
    monkeypatch.setattr(stand_ins, "STAND_INS", {key: "image:1" for key in IMAGE_KEYS if key != "traefik"})
    monkeypatch.setattr(stand_ins, "is_offline", lambda: True)
    return monkeypatch


def test_image_without_a_stand_in_skips_tests_that_start_it(without_traefik: pytest.MonkeyPatch) -> None:
    assert images_without_stand_in() == ["traefik"]
    for keys in ((), ("haproxy", "traefik")):
        with pytest.raises(pytest.skip.Exception, match="no stand-in for traefik in offline/images"):
            skip_without_stand_in(*keys)
    skip_without_stand_in("haproxy")


def test_image_without_a_stand_in_skips_nothing_online(without_traefik: pytest.MonkeyPatch) -> None:
    without_traefik.setattr(stand_ins, "is_offline", lambda: False)
    skip_without_stand_in()
