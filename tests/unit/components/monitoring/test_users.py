"""components/monitoring/users.py: the users that monitoring's services run as."""

from components.monitoring.users import NOBODY, USERS, owner


def test_each_service_has_a_user_of_its_own() -> None:
    assert len(set(USERS.values())) == len(USERS)
    assert NOBODY not in USERS.values()


def test_owner_of_files_is_user_and_group_of_the_service() -> None:
    assert owner("grafana") == "472:472"
