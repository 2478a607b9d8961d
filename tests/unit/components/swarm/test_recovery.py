"""components/swarm/recovery.py: the script that starts a swarm again, with its parameters."""

import subprocess

from components import assets
from components.swarm import recovery


def test_script_has_its_address_and_its_functions() -> None:
    text = recovery.script_for("10.0.0.1; true")
    assert text.startswith("export ADDRESS='10.0.0.1; true'\n")
    assert text.endswith(assets.read(recovery.SCRIPT))
    assert assets.read("swarm/scripts/nodes.sh") in text
    assert subprocess.run(["bash", "-n"], check=False, input=text, text=True).returncode == 0
