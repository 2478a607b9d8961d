"""tools/setup.sh and tools/env.sh: released tools or stand-ins, but stand-ins only for stacks of local machines."""

import os
import shutil
import time
from pathlib import Path

import pytest

from tests.files.fresh import Fresh, needs_bare_path
from tests.support.checkout import CHECKOUT, copy_part
from tests.support.rows import rows

NO_NETWORK = "https://get.pulumi.com does not answer"
PROXY, AGAIN, TRIALS = "HTTPS_PROXY", "NUVLA_SWARM_OFFLINE=false make", "stand-ins for trials: NUVLA_SWARM_OFFLINE=true"
HOUR_S = 3600
BUILT = '#!/bin/sh\nprintf "$PWD/built/%s\\n" "$@"\n'


@pytest.fixture
def fresh(tmp_path: Path) -> Fresh:
    return Fresh(tmp_path)


@pytest.mark.parametrize("goal", ["up", "preview", "refresh", "status", "down", "template"])
def test_dead_network_stops_commands_on_production(fresh: Fresh, goal: str) -> None:
    stopped = fresh.run("make", goal, "STACK=prod")
    assert stopped.code != 0
    [line] = [line for line in stopped.text.splitlines() if "error:" in line]
    assert NO_NETWORK in line
    assert all(text in line for text in (PROXY, AGAIN, TRIALS))
    assert not fresh.stand_ins()
    assert not any("/pulumi-home/" in str(path) for path in fresh.cache.rglob("*"))


def test_stand_ins_are_for_production_if_asked_for(fresh: Fresh) -> None:
    assert fresh.setup("--stack", "prod", NUVLA_SWARM_OFFLINE="true").code == 0
    assert fresh.stand_ins()


def test_dead_network_gives_local_machines_stand_ins(fresh: Fresh) -> None:
    made = fresh.setup("--stack", "dev", "tools")
    assert made.code == 0, made.text
    assert f"nuvla-swarm: {NO_NETWORK}: for local machines, Pulumi, its plugins" in made.text
    assert fresh.stand_ins()
    assert needs_bare_path(fresh.environment("dev"))
    assert fresh.environment("dev")["PULUMI_HOME"].startswith(str(fresh.cache))


def test_shell_with_stand_ins_forgets_them_for_production(fresh: Fresh) -> None:
    assert fresh.setup("--stack", "dev", "tools").code == 0
    local = fresh.environment("dev")
    assert fresh.setup("--stack", "prod", **local).code != 0
    remote = fresh.environment("prod", **local)
    assert needs_bare_path(remote) == ""
    assert not {"PULUMI_HOME", "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION"} & remote.keys()
    own = fresh.environment("prod", **local | {"PULUMI_HOME": "/opt/pulumi"})
    assert own["PULUMI_HOME"] == "/opt/pulumi"


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_installed_pulumi_is_used_without_a_question_to_the_network(fresh: Fresh, stack: str) -> None:
    fresh.install_pulumi()
    made = fresh.setup("--stack", stack, "tools")
    assert made.code == 0, made.text
    assert fresh.calls() == ["pulumi version"]
    assert "PULUMI_HOME" not in fresh.environment(stack)


def test_downloaded_pulumi_is_used_without_a_question_to_the_network(fresh: Fresh) -> None:
    fresh.script(Path(fresh.lib("installed_pulumi").text.strip()), "#!/bin/sh\n")
    fresh.install_plugins()
    assert fresh.setup("--stack", "prod").code == 0
    assert fresh.calls() == []
    assert fresh.environment("prod")["PATH"].split(":")[1].startswith(str(fresh.cache))


def test_missing_plugin_is_installed(fresh: Fresh) -> None:
    fresh.install_pulumi()
    (fresh.home / ".pulumi/plugins").rename(fresh.home / "away")
    assert fresh.setup("--stack", "prod").code == 0
    assert fresh.calls() == ["pulumi version", f"pulumi install --no-dependencies --cwd {fresh.folder}"]
    fresh.tool("pulumi", "[ $1 = version ] && echo v3.259.0")
    refused = fresh.setup("--stack", "prod")
    assert refused.code == 1
    assert (
        f"error: the plugins of Pulumi cannot be downloaded; the lines above say why. Behind a proxy set {PROXY}"
        in (refused.text)
    )


@pytest.mark.parametrize(
    ("version", "is_taken"),
    [("v3.250.0", True), ("3.260.1", True), ("v3.300.0-dev.1", True), ("v4.0.0", True)]
    + [(version, False) for version in ("v3.249.9", "v3.99.0", "v2.300.0", "", "none")],
)
def test_only_a_new_enough_pulumi_is_taken(fresh: Fresh, version: str, *, is_taken: bool) -> None:
    fresh.install_pulumi(version)
    made = fresh.setup("--stack", "prod")
    assert (made.code == 0) == is_taken
    assert any(call.startswith("curl") for call in fresh.calls()) != is_taken


def test_moment_without_an_answer_is_not_remembered(fresh: Fresh) -> None:
    """The network is back when the same command is run again."""
    fresh.script(fresh.folder / "offline/tools.sh", "#!/bin/sh\nexit 1\n")  # no Go, for example
    assert fresh.setup("--stack", "dev", "tools").code == 1
    fresh.tool("curl", "exit 0")
    fresh.script(fresh.folder / "tools/pulumi.sh", '#!/bin/sh\necho released >>"$CALLS"\n')
    fresh.install_plugins()
    made = fresh.setup("--stack", "dev", "tools")
    assert made.code == 0, made.text
    assert fresh.calls()[-1] == "released"


def test_stand_ins_are_given_up_within_an_hour_of_the_first_answer(fresh: Fresh) -> None:
    assert fresh.setup("--stack", "dev", "tools").code == 0
    assert fresh.setup("--stack", "dev", "tools").code == 0  # which asks again, and notes when
    fresh.tool("curl", "exit 0")
    fresh.script(fresh.folder / "tools/pulumi.sh", '#!/bin/sh\necho released >>"$CALLS"\n')
    fresh.tool("pulumi", "")
    fresh.install_plugins()
    (fresh.bin / "pulumi").unlink()
    assert fresh.setup("--stack", "dev", "tools").code == 0
    assert "released" not in fresh.calls()
    hour_ago = time.time() - HOUR_S - 60
    os.utime(fresh.cache / "reachability", (hour_ago, hour_ago))
    assert fresh.setup("--stack", "dev", "tools").code == 0
    assert fresh.calls()[-1] == "released"


def test_missing_go_is_explained(fresh: Fresh) -> None:
    refused = fresh.run("offline/build.sh", "pulumi")
    assert refused.code == 1
    assert "https://get.pulumi.com does not answer or NUVLA_SWARM_OFFLINE=true is given" in refused.text
    assert all(text in refused.text for text in (PROXY, AGAIN, "install Go >= 1.25"))


@pytest.mark.parametrize(("step", "code"), [("cp missing.yml", 1), ("cp recipe.sh", 0)])
def test_step_of_a_build_that_fails_ends_the_build(fresh: Fresh, step: str, code: int) -> None:
    """An image without one of its files was only noticed when the image was built, on a new computer."""
    recipe = f"PACKAGE=.\nOUTPUT=tool\nTAKES='a moment'\nprepare() {{\n  {step} other\n  cp other \"$1/\"\n}}\n"
    fresh.script(fresh.folder / "offline/images/tool/recipe.sh", recipe)
    fresh.tool("go", '[ "$1" != env ] || echo go1.26')
    built = fresh.run("offline/build.sh", "tool")
    assert built.code == code, built.text
    assert ("missing.yml" in built.text) == bool(code)
    assert len(list(fresh.cache.glob("built/tool-*/other"))) == 1 - code


def test_plugins_of_the_scripts_are_those_that_stand_ins_stand_in_for(fresh: Fresh) -> None:
    versions = {path.parent.name: path.read_text().strip() for path in CHECKOUT.glob("offline/plugins/*/VERSION")}
    assert versions.items() < dict(fresh.plugins()).items()
    [docker] = dict(fresh.plugins()).keys() - versions.keys()
    bridge = (CHECKOUT / "offline/builds" / docker / "bridge/bridge.go").read_text()
    assert f'Version = "{dict(fresh.plugins())[docker]}"' in bridge


def test_released_plugins_of_the_user_take_the_place_of_stand_ins(fresh: Fresh) -> None:
    shutil.copy(CHECKOUT / "offline/tools.sh", fresh.folder / "offline/tools.sh")
    copy_part(CHECKOUT / "offline/plugins", fresh.folder / "offline/plugins")
    for name in ("pulumi", "language-python", "docker"):
        fresh.script(fresh.folder / f"built/{name}/pulumi-resource-docker", "")
    fresh.script(fresh.folder / "offline/build.sh", BUILT)
    released = fresh.script(fresh.folder / "released/pulumi-resource-command", "").parent
    installed = {}
    for given in ("", str(released)):
        made = fresh.run("offline/tools.sh", NUVLA_SWARM_PLUGINS=given)
        assert made.code == 0, made.text
        home = fresh.lib("pulumi_home", NUVLA_SWARM_PLUGINS=given).text.strip()
        installed[given] = {
            name: Path(home, f"plugins/resource-{name}-v{version}/pulumi-resource-{name}").resolve()
            for name, version in fresh.plugins()
        }
    own, stand_ins = installed[str(released)], installed[""]
    assert all(file.is_file() for file in (*own.values(), *stand_ins.values()))
    assert {name for name in own if own[name] != stand_ins[name]} == {"command"}
    assert own["command"].parent == released
    refused = fresh.run("offline/tools.sh", NUVLA_SWARM_PLUGINS="/nowhere")
    assert (refused.code, "NUVLA_SWARM_PLUGINS is '/nowhere', which is no folder" in refused.text) == (1, True)


def test_pulumi_of_the_list_is_wanted_without_stand_ins(fresh: Fresh) -> None:
    """As workflows do, whatever stack comes next."""
    refused = fresh.setup("pulumi", "tools")
    assert refused.code == 1
    assert NO_NETWORK in refused.text
    assert not fresh.stand_ins()


@rows("given", ["yes", "offline"])
def test_unknown_mode_is_rejected(fresh: Fresh, given: str) -> None:
    refused = fresh.setup("--stack", "dev", "tools", NUVLA_SWARM_OFFLINE=given)
    assert refused.code == 1
    assert f"NUVLA_SWARM_OFFLINE is '{given}'; allowed are auto, true and false" in refused.text


def test_environment_survives_quotes_and_repetition(fresh: Fresh) -> None:
    first = fresh.environment("dev", PULUMI_BACKEND_URL="file:///a'b\"c $d")
    assert first["PULUMI_BACKEND_URL"] == "file:///a'b\"c $d"
    again = fresh.environment("dev", **first)
    assert again["PATH"] == first["PATH"]
    assert len(again["PATH"].split(":")) == len(set(again["PATH"].split(":")))


@pytest.mark.parametrize("sign", ["'", '"', "\\", "#", "?", "%", "%41", "\n"])
def test_checkout_whose_path_no_url_can_have_is_refused(tmp_path: Path, sign: str) -> None:
    """A backend would be another folder: the part of a URL after `#` or `?` is no path, and `%41` is `A`."""
    folder = tmp_path / f"a{sign}b"
    folder.mkdir()
    fresh = Fresh(folder)
    for command in (
        ["tools/env.sh"],
        ["tools/env.sh", "dev"],
        ["make", "env"],
        ["make", "status"],
        ["make", "up", "STACK=prod"],
    ):
        refused = fresh.run(*command)
        assert refused.code != 0, refused.text
        assert (
            "nuvla-swarm: error: the checkout's path has a quote, a line break, or one of \\ # ? %, in it: move it"
            in refused.text
        )
        assert "export" not in refused.text, "the shell of `eval` would get half an environment"
    assert fresh.calls() == [], "nothing is installed there"
    assert not (fresh.folder / ".state").exists()


@pytest.mark.parametrize("name", ["a b", "ü", "a&b;c", "$(touch x)", "a+b@c", "[a]*", "~"])
def test_checkout_with_other_signs_in_its_path_has_its_state_there(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name
    folder.mkdir()
    fresh = Fresh(folder)
    assert fresh.environment("dev")["PULUMI_BACKEND_URL"] == f"file://{fresh.folder}/.state?metadata=skip"
    assert (fresh.folder / ".state").is_dir()


def test_proxy_is_passed_by_for_machines(fresh: Fresh) -> None:
    with_proxy = fresh.environment(
        "dev", HTTPS_PROXY="http://127.0.0.1:9", NO_PROXY="localhost", PYTHONPATH=str(CHECKOUT)
    )
    assert with_proxy["NO_PROXY"] == with_proxy["no_proxy"] == "localhost,127.0.0.1,10.77.0.0/16"
    assert "NO_PROXY" not in fresh.environment("dev")


def test_engine_of_local_machines_is_chosen_for_each_run(fresh: Fresh) -> None:
    """The newest is the default where packages have to stand in."""
    for offline, given, engine in (
        ("true", "", "28.5"),
        ("false", "", "20.10"),
        ("true", "20.10", "20.10"),
        ("false", "26.1", "26.1"),
        ("false", "28.5", "28.5"),
    ):
        shown = fresh.lib("machine_engine", NUVLA_SWARM_OFFLINE=offline, NUVLA_SWARM_ENGINE=given)
        assert shown.text.strip() == engine, (offline, given)
    refused = fresh.lib("machine_engine", NUVLA_SWARM_ENGINE="28.5.2")
    assert (refused.code, refused.text) == (
        1,
        "nuvla-swarm: error: NUVLA_SWARM_ENGINE is '28.5.2'; allowed are 20.10, 26.1 and 28.5\n",
    )


def test_images_of_machines_with_different_engines_have_different_names(fresh: Fresh) -> None:
    tags = [
        fresh.run("local/build.sh", "tags", NUVLA_SWARM_OFFLINE="false", NUVLA_SWARM_ENGINE=engine).text.split()
        for engine in ("20.10", "26.1", "28.5")
    ]
    different = [names for names in zip(*tags, strict=True) if len({*names}) == len(tags)]
    assert [names[0].partition(":")[0] for names in different] == ["nuvla-swarm/machine"]


def test_daemon_keeps_no_file_of_the_shell_that_started_it(fresh: Fresh) -> None:
    """Else a lock of that shell would be locked as long as the engine runs."""
    shown = fresh.lib("exec 7</dev/null 12</dev/null && detached ls /proc/self/fd </dev/null").text.split()
    assert shown == ["0", "1", "2", "3"]  # the last is the folder that ls reads
    for script in ("engine.sh", "registry.sh", "repository.sh"):
        text = (CHECKOUT / "offline" / script).read_text()
        assert text.count("detached setsid") == text.count("setsid") == 1, script
