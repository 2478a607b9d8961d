"""components/errors.py: the error that refuses a configuration."""

from components.errors import refusal


def test_refusal_has_the_path_of_a_setting_on_each_line() -> None:
    error = refusal("not valid", ["kind: not given", "domain: wrong"])
    assert str(error) == "not valid:\n  nuvla-swarm:kind: not given\n  nuvla-swarm:domain: wrong"
