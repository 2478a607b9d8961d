"""components/service/login.py: a login that the program makes up."""

from components.service.login import Login
from tests.support.fake_pulumi import FakePulumi
from tests.support.pulumi_run import Secret, build, value


def login() -> Login:
    return build(lambda: Login("web-login", "admin"))


def test_it_shows_the_name_and_no_password(fake_pulumi: FakePulumi) -> None:
    login()
    assert fake_pulumi.types["web-login"] == "nuvla:service:Login"
    assert fake_pulumi.inputs("web-login") == {"username": "admin"}
    assert "web-login" in fake_pulumi.finished


def test_the_password_is_long_random_and_needs_no_quotes(fake_pulumi: FakePulumi) -> None:
    login()
    assert fake_pulumi.inputs("web-login-password") == {"length": 32, "special": False}
    assert fake_pulumi.parent("web-login-password") == "web-login"


def test_the_password_and_its_hash_are_secret(fake_pulumi: FakePulumi) -> None:
    made = login()
    assert value(made.password) == Secret("RESULT:web-login-password")
    assert value(made.htpasswd) == Secret("admin:BCRYPT:web-login-password")


def test_as_an_output_of_the_stack_it_is_a_name_and_a_secret(fake_pulumi: FakePulumi) -> None:
    assert value(login().outputs()) == {"username": "admin", "password": Secret("RESULT:web-login-password")}
