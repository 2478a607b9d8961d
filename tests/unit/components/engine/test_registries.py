"""components/engine/registries.py: logins of private image registries, and their passwords."""

from components.engine.registries import password_mistakes, registry_of, unused_registries

REGISTRY = "registry.example.org:5000"


def test_registry_of_an_image_is_the_first_part_of_its_name() -> None:
    known = [REGISTRY, "docker.io"]
    assert registry_of(f"{REGISTRY}/team/traefik:v3", known) == REGISTRY
    assert registry_of("docker.io/library/traefik:v3", known) == "docker.io"
    for image in ("traefik:v3", "library/traefik:v3", "other.example.org/traefik:v3", f"{REGISTRY}1/traefik:v3"):
        assert registry_of(image, known) is None


def test_each_registry_needs_a_password_and_each_password_a_registry() -> None:
    assert list(password_mistakes([], None)) == []
    assert list(password_mistakes([REGISTRY], f'{{"{REGISTRY}": "WORD"}}')) == []
    assert list(password_mistakes([REGISTRY], None)) == [
        f"registry_passwords: no password of {REGISTRY} given; required: one for each of engine.registries, "
        'such as {"registry.example.org": "..."}'
    ]
    assert list(password_mistakes([], f'{{"{REGISTRY}": "WORD"}}')) == [
        f"engine.registries.{REGISTRY}: not given; required: its username, as registry_passwords has its password"
    ]


def test_malformed_passwords_are_refused_and_not_repeated() -> None:
    for text in ("WORD", '["WORD"]', '{"a": 3}', '{"a": ""}', '{"a": {"WORD": "WORD"}}', '{"a": "WORD"'):
        (line,) = password_mistakes([REGISTRY], text)
        assert line == (
            "registry_passwords: not an object of registries and passwords; required: JSON such as "
            '{"registry.example.org": "..."}'
        )


def test_registry_without_an_image_is_refused() -> None:
    assert list(unused_registries([REGISTRY], {"traefik": f"{REGISTRY}/traefik:v3", "haproxy": "haproxy:2"})) == []
    (line,) = unused_registries([REGISTRY], {"traefik": "traefik:v3"})
    assert line == (
        f"engine.registries.{REGISTRY}: given; allowed: registries of images.*; the name of no image begins "
        f"with {REGISTRY}/"
    )
