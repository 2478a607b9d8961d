"""Outputs that providers compute, as the fake Pulumi knows them."""

# A stash keeps the first input that it is given. Each run gives another one, which changes nothing.
STASH = "pulumi:index:Stash"

# Outputs that a provider adds to the inputs, by type of the resource; `{name}` is the resource's logical name.
COMPUTED: dict[str, dict[str, str]] = {
    "tls:index/privateKey:PrivateKey": {
        "privateKeyPem": "PRIVATE-KEY-PEM:{name}",
        "privateKeyOpenssh": "PRIVATE-KEY-OPENSSH:{name}",
        "publicKeyOpenssh": "ssh-ed25519 {name} comment\n",
    },
    "tls:index/selfSignedCert:SelfSignedCert": {
        "certPem": "SELF-SIGNED-PEM:{name}",
        "validityEndTime": "2036-11-26T06:00:00Z",
    },
    "tls:index/certRequest:CertRequest": {"certRequestPem": "REQUEST-PEM:{name}"},
    "tls:index/locallySignedCert:LocallySignedCert": {
        "certPem": "SIGNED-PEM:{name}",
        "validityEndTime": "2027-11-29T06:00:00Z",
    },
    STASH: {"output": "OUTPUT:{name}"},
    "random:index/randomPassword:RandomPassword": {"result": "RESULT:{name}", "bcryptHash": "BCRYPT:{name}"},
    "random:index/randomString:RandomString": {"result": "RESULT:{name}"},
    "command:remote:Command": {"stdout": "STDOUT:{name}\n", "stderr": ""},
    "exoscale:index/computeInstance:ComputeInstance": {"publicIpAddress": "PUBLIC-ADDRESS:{name}"},
    "exoscale:index/elasticIp:ElasticIp": {"ipAddress": "ELASTIC-ADDRESS:{name}"},
}

# Resources that any change replaces, so that their id changes.
IMMUTABLE = {
    "docker:index/network:Network",
    "docker:index/secret:Secret",
    "docker:index/serviceConfig:ServiceConfig",
}
