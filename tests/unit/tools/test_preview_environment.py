"""tools/preview_environment.py: credentials for a preview, for want of real ones."""

from components.machines.exoscale.settings import ExoscaleMachines
from tools.preview_environment import lent


def test_preview_gets_credentials_that_the_environment_lacks() -> None:
    assert dict(lent({})) == dict(ExoscaleMachines.preview_environment)


def test_provider_with_any_credential_of_the_environment_is_left_alone() -> None:
    assert dict(lent({"EXOSCALE_API_KEY": "EXO-OWN"})) == {}
    assert dict(lent({"EXOSCALE_API_KEY": ""})) == dict(ExoscaleMachines.preview_environment)
