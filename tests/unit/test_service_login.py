"""components/service/login.py: a login that the program makes up."""

from components.service.login import Login
from tests.mocked import Engine, Secret, build, value


def login() -> Login:
    return build(lambda: Login("web-login", "admin"))


def test_it_shows_the_name_and_no_password(engine: Engine) -> None:
    login()
    assert engine.types["web-login"] == "nuvla:service:Login"
    assert engine.inputs("web-login") == {"username": "admin"}
    assert "web-login" in engine.finished


def test_the_password_is_long_random_and_needs_no_quotes(engine: Engine) -> None:
    login()
    assert engine.inputs("web-login-password") == {"length": 32, "special": False}
    assert engine.parent("web-login-password") == "web-login"


def test_the_password_and_its_hash_are_secret(engine: Engine) -> None:
    made = login()
    assert value(made.password) == Secret("RESULT:web-login-password")
    assert value(made.htpasswd) == Secret("admin:BCRYPT:web-login-password")


def test_as_an_output_of_the_stack_it_is_a_name_and_a_secret(engine: Engine) -> None:
    assert value(login().outputs()) == {"username": "admin", "password": Secret("RESULT:web-login-password")}
