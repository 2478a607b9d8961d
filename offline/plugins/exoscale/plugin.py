"""``exoscale``: keys, groups, addresses, networks, volumes and instances of a cloud on the Docker engine.

Sources: exoscale/terraform-provider-exoscale, as pulumi-exoscale bridges it.
"""

from pathlib import Path
from typing import Final

from exoscale import released
from exoscale.addresses import ElasticIp, PrivateNetwork
from exoscale.cloud.api import ACCOUNT
from exoscale.declared import CONFIG
from exoscale.groups import AntiAffinityGroup, SecurityGroup, SecurityGroupRule, SshKey
from exoscale.instance import ComputeInstance
from exoscale.templates import get_template
from exoscale.volume import BlockStorageVolume, get_volume
from standin.provider import Provider, version_of

_TEMPLATE: Final = "exoscale:index/getTemplate:getTemplate"
_VOLUME: Final = "exoscale:index/getBlockStorageVolume:getBlockStorageVolume"
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
    functions={
        _TEMPLATE: released.answering(_TEMPLATE, released.Client.SECOND, get_template),
        _VOLUME: released.answering(_VOLUME, released.Client.FRAMEWORK, get_volume),
    },
)
