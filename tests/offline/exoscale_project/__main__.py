"""Two instances in a group, one with a volume, on a private network."""

from pathlib import Path
from typing import Any

import pulumi
import pulumi_tls as tls
import pulumiverse_exoscale as exoscale

ZONE = "ch-gva-2"
TEMPLATE = "5f4d2c1e-7a10-4b6e-9c58-2f0e24046a01"
USER_DATA = Path("user-data.yaml").read_text()

config = pulumi.Config()
provider = exoscale.Provider("cloud", key=config.require("key"), secret="of-a-test")
opts = pulumi.ResourceOptions(provider=provider)
login, host = (tls.PrivateKey(name, algorithm="ED25519") for name in ("login", "host"))
key = exoscale.SshKey("login", public_key=login.public_key_openssh, opts=opts)
group = exoscale.SecurityGroup("machines", description="of a test", opts=opts)
apart = exoscale.AntiAffinityGroup("apart", opts=opts)
row: dict[str, Any] = {"security_group_id": group.id, "type": "INGRESS", "protocol": "TCP"}
exoscale.SecurityGroupRule("ssh", **row, start_port=22, end_port=22, cidr="0.0.0.0/0", opts=opts)
exoscale.SecurityGroupRule("own", **row, start_port=8000, end_port=8000, user_security_group_id=group.id, opts=opts)
private = exoscale.PrivateNetwork(
    "private",
    zone=ZONE,
    start_ip=config.require("start"),
    end_ip=config.require("end"),
    netmask="255.255.255.0",
    opts=opts,
)
volume = exoscale.BlockStorageVolume("data", zone=ZONE, size=1, opts=opts)


def user_data(keys: list[str]) -> str:
    """With the host key, indented as it stands in the file."""
    return USER_DATA.replace("@PRIVATE@", keys[0].strip().replace("\n", "\n    ")).replace("@PUBLIC@", keys[1].strip())


for name in ("one", "two"):
    instance = exoscale.ComputeInstance(
        name,
        zone=ZONE,
        name=f"standin-{name}",
        template_id=TEMPLATE,
        type="standard.small",
        disk_size=10,
        ssh_keys=[key.name],
        security_group_ids=[group.id],
        anti_affinity_group_ids=[apart.id],
        network_interfaces=[{"network_id": private.id}],
        block_storage_volume_ids=[volume.id] if name == "one" else None,
        labels={"role": name},
        user_data=pulumi.Output.all(host.private_key_openssh, host.public_key_openssh).apply(user_data),
        opts=opts,
    )
    pulumi.export(name, instance.public_ip_address)
    pulumi.export(f"{name}-private", instance.network_interfaces[0]["ip_address"])
pulumi.export("volume", volume.id)
pulumi.export("login", login.private_key_openssh)
pulumi.export("host", host.public_key_openssh)
