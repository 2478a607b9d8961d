"""components/service/login.py: a login with a generated password."""

from components.service.login import Login
from tests.support.fake_pulumi import FakePulumi
from tests.support.pulumi_run import Secret, build, value


def login() -> Login:
    return build(lambda: Login("web-login", "admin"))


def test_preview_shows_the_username_and_no_password(fake_pulumi: FakePulumi) -> None:
    login()
    assert fake_pulumi.types["web-login"] == "nuvla:service:Login"
    assert fake_pulumi.inputs("web-login") == {"username": "admin"}
    assert "web-login" in fake_pulumi.finished


def test_generated_password_is_long_and_alphanumeric(fake_pulumi: FakePulumi) -> None:
    login()
    assert fake_pulumi.inputs("web-login-password") == {"length": 32, "special": False}
    assert fake_pulumi.parent("web-login-password") == "web-login"


def test_password_and_hash_are_secret(fake_pulumi: FakePulumi) -> None:
    made = login()
    assert value(made.password) == Secret("RESULT:web-login-password")
    assert value(made.htpasswd) == Secret("admin:BCRYPT:web-login-password")


def test_login_output_has_a_secret_password(fake_pulumi: FakePulumi) -> None:
    assert value(login().outputs()) == {"username": "admin", "password": Secret("RESULT:web-login-password")}


def test_another_generation_has_another_password(fake_pulumi: FakePulumi) -> None:
    build(lambda: Login("web-login", "admin", 2))
    assert fake_pulumi.inputs("web-login-password")["keepers"] == {"generation": "2"}
    assert fake_pulumi.inputs("web-login") == {"username": "admin", "generation": 2}
