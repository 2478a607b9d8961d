"""The resource types of ``exoscale`` 0.66.1 that the program uses, as the SDK of that version describes them.

Sources: pulumiverse-exoscale 0.66.1 (Python SDK); exoscale/terraform-provider-exoscale ``docs`` and resource schemas.
"""

from typing import Final

from standin.schema import ANY, BOOLEAN, INTEGER, STRING, Choice, ListOf, MapOf, Object, Property, ResourceSchema

_TEXT: Final = Property(type=STRING)
_NEEDED: Final = Property(type=STRING, required=True)
_NAME: Final = Property(type=STRING, always=True)
_FLAG: Final = Property(type=BOOLEAN)
_NUMBER: Final = Property(type=INTEGER)
_TEXTS: Final = Property(type=ListOf(STRING))
_LABELS: Final = Property(type=MapOf(STRING))
_COMPUTED: Final = Property(type=STRING, always=True)
_OBJECTS: Final = "exoscale:index/"

SSH_KEY: Final = ResourceSchema(
    token="exoscale:index/sshKey:SshKey",
    inputs={"name": _NAME, "publicKey": _NEEDED},
    computed={"fingerprint": _COMPUTED},
)
SECURITY_GROUP: Final = ResourceSchema(
    token="exoscale:index/securityGroup:SecurityGroup",
    inputs={
        "name": _NAME,
        "description": _TEXT,
        "externalSources": Property(
            type=ListOf(STRING), refused="the stand-in of exoscale has no external sources: use rules with a cidr"
        ),
    },
)
PROTOCOLS: Final = ("TCP", "UDP", "ICMP", "ICMPv6", "AH", "ESP", "GRE", "IPIP", "ALL")
SECURITY_GROUP_RULE: Final = ResourceSchema(
    token="exoscale:index/securityGroupRule:SecurityGroupRule",
    inputs={
        "type": _NEEDED,
        "protocol": _TEXT,
        "cidr": _TEXT,
        "description": _TEXT,
        "startPort": _NUMBER,
        "endPort": _NUMBER,
        "icmpType": _NUMBER,
        "icmpCode": _NUMBER,
        "securityGroup": _NAME,
        "securityGroupId": _NAME,
        "userSecurityGroup": _NAME,
        "userSecurityGroupId": _TEXT,
        "publicSecurityGroup": Property(
            type=STRING, always=True, refused="the stand-in of exoscale has no public security groups: use a cidr"
        ),
    },
)
ANTI_AFFINITY_GROUP: Final = ResourceSchema(
    token="exoscale:index/antiAffinityGroup:AntiAffinityGroup",
    inputs={"name": _NAME, "description": _TEXT},
)
BLOCK_STORAGE_VOLUME: Final = ResourceSchema(
    token="exoscale:index/blockStorageVolume:BlockStorageVolume",
    inputs={
        "zone": _NEEDED,
        "name": _NAME,
        "labels": _LABELS,
        "size": _NUMBER,
        "snapshotTarget": Property(
            type=Object(f"{_OBJECTS}BlockStorageVolumeSnapshotTarget:BlockStorageVolumeSnapshotTarget", {"id": _TEXT}),
            refused="the stand-in of exoscale has no snapshots",
        ),
        "timeouts": Property(
            type=Object(f"{_OBJECTS}BlockStorageVolumeTimeouts:BlockStorageVolumeTimeouts", {"read": _TEXT})
        ),
    },
    computed={"blocksize": Property(type=INTEGER, always=True), "createdAt": _COMPUTED, "state": _COMPUTED},
)
ELASTIC_IP: Final = ResourceSchema(
    token="exoscale:index/elasticIp:ElasticIp",
    inputs={
        "zone": _NEEDED,
        "addressFamily": Property(type=Choice(("inet4", "inet6")), always=True),
        "description": _NAME,
        "labels": _LABELS,
        "reverseDns": _TEXT,
        "healthcheck": Property(
            type=Object(
                f"{_OBJECTS}ElasticIpHealthcheck:ElasticIpHealthcheck",
                {
                    "mode": _NEEDED,
                    "port": Property(type=INTEGER, required=True),
                    **dict.fromkeys(("interval", "strikesFail", "strikesOk", "timeout"), _NUMBER),
                    "tlsSkipVerify": _FLAG,
                    "tlsSni": _TEXT,
                    "uri": _TEXT,
                },
            ),
            always=True,
            refused="the stand-in of exoscale has no managed elastic IPs: leave out healthcheck",
        ),
    },
    computed={"cidr": _COMPUTED, "ipAddress": _COMPUTED},
)
PRIVATE_NETWORK: Final = ResourceSchema(
    token="exoscale:index/privateNetwork:PrivateNetwork",
    inputs={
        "zone": _NEEDED,
        "name": _NAME,
        "description": _TEXT,
        "labels": _LABELS,
        **dict.fromkeys(("startIp", "endIp", "netmask"), _TEXT),
    },
)
COMPUTE_INSTANCE: Final = ResourceSchema(
    token="exoscale:index/computeInstance:ComputeInstance",
    inputs={
        **dict.fromkeys(("templateId", "type", "zone"), _NEEDED),
        "diskSize": Property(type=INTEGER, required=True, minimum=10),
        "name": _NAME,
        "labels": _LABELS,
        **dict.fromkeys(("antiAffinityGroupIds", "blockStorageVolumeIds", "elasticIpIds", "securityGroupIds"), _TEXTS),
        "networkInterfaces": Property(
            type=ListOf(
                Object(
                    f"{_OBJECTS}ComputeInstanceNetworkInterface:ComputeInstanceNetworkInterface",
                    {"networkId": _NEEDED, "ipAddress": _TEXT, "macAddress": _TEXT},
                )
            )
        ),
        **dict.fromkeys(("destroyProtected", "enableSecureBoot", "enableTpm", "ipv6", "private"), _FLAG),
        **dict.fromkeys(("deployTargetId", "reverseDns", "sshKey", "userData"), _TEXT),
        "sshKeys": _TEXTS,
        "state": Property(type=Choice(("running", "stopped")), always=True),
    },
    computed={
        **dict.fromkeys(("createdAt", "ipv6Address", "macAddress", "publicIpAddress"), _COMPUTED),
        "privateNetworkIds": Property(type=ListOf(STRING), always=True),
    },
)
CONFIG: Final = {
    "key": Property(type=STRING, secret=True),
    "secret": Property(type=STRING, secret=True),
    "environment": _TEXT,
    "sosEndpoint": _TEXT,
    "timeout": Property(type=ANY),  # the SDK sends the numbers of a provider as texts
    "delay": Property(type=ANY),
}
