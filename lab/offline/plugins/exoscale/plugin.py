"""``exoscale``: keys, groups, addresses, networks, volumes and instances of a cloud on the Docker engine.

Sources: exoscale/terraform-provider-exoscale, as pulumi-exoscale bridges it.
"""

from pathlib import Path
from typing import Final

from exoscale.addresses import ElasticIp, PrivateNetwork
from exoscale.cloud.api import ACCOUNT
from exoscale.declared import CONFIG
from exoscale.groups import AntiAffinityGroup, SecurityGroup, SecurityGroupRule, SshKey
from exoscale.instance import ComputeInstance
from exoscale.templates import get_template
from exoscale.volume import BlockStorageVolume
from standin.provider import Provider, version_of

PROVIDER: Final = Provider(
    name="exoscale",
    version=version_of(Path(__file__).resolve().parent),
    resources=(
        SshKey(),
        SecurityGroup(),
        SecurityGroupRule(),
        AntiAffinityGroup(),
        ComputeInstance(),
        BlockStorageVolume(),
        ElasticIp(),
        PrivateNetwork(),
    ),
    config=CONFIG,
    configure=ACCOUNT.configure,
    functions={"exoscale:index/getTemplate:getTemplate": get_template},
)
