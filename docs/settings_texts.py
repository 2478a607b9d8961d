"""Texts of docs/settings.md beside its tables."""

from components.errors import NAMESPACE

INTRODUCTION = f"""# Settings

<!-- Made by `python -m docs.settings_table` from components/*/settings.py and stacks/config: change these. -->

A setting is a key of the stack's configuration, in `Pulumi.<stack>.yaml`. Set one, and preview the change:

```console
$ eval "$(make env)"
$ pulumi config set --stack dev --path {NAMESPACE}:machines.pools.worker.count 3
$ make preview
```

`make up` applies it.

- Quote a key with brackets: `pulumi config set --path '{NAMESPACE}:swarm.address_pools[0]' 10.210.0.0/16`; `[0]` is
  the first entry of a list. Write a part that contains dots as `["example.org/disk"]`.
- Text that looks like a number or like `true` needs `--type string`.
- `pulumi config rm --path {NAMESPACE}:<key>` restores the default of a setting.
- `<pool>`, `<host>` and `<machine>` stand for names, such as `worker`, `1` and `worker-1`.

An unknown key or a value that is not allowed stops `preview` and `up` before they change anything, with a line for each
mistake. These rules apply across settings:

"""
DEFAULTS = """
Defaults suit a trial. `up` warns about defaults that a production stack should change, as the examples for Exoscale do:

- `block_storage`, `retain_on_destroy`, `pulumi_protect` and `destroy_protection` are `false`, since they cost money or
  block `make down`.
- `machines.elastic_ip` is `false`, since an address costs money. Without it, a new API manager has a new address,
  which you have to enter in DNS and in Nuvla.
- `firewall.users` is everybody, since applications are for their users; `firewall.consoles` allows only operators to
  open dashboards.
- `firewall.expose_swarm_port_to_nuvla` is `false`: Nuvla's guide lists 2377, but Nuvla only uses 2376.
- `traefik.access_log` is `false`, since requests are personal data, and Docker keeps only the newest log files.
- `traefik.acme` is unset, since Let's Encrypt needs a domain that leads to the managers. Browsers and NuvlaEdges refuse
  a host without it.
- `engine.version` is unset, so that an upgrade of the program upgrades the engines. To decide when, set the
  present version.
- `engine.client_certificate_days` is a year: `up` renews the certificates and warns that Nuvla needs the new one.
- `monitoring.prometheus.memory_limit_mib` and `retention_size` are for a few machines; raise both for more.
- `monitoring.alertmanager.email_to` is empty, since only you know who should receive alerts.

"""
SECRETS_INTRODUCTION = f"""## Secrets

Pulumi encrypts secrets in the configuration and in the state; the program refuses them in plain text. To set a
secret from a file, here a new key:

```console
$ ssh-keygen -q -t ed25519 -N '' -f key
$ pulumi config set --stack dev --secret {NAMESPACE}:ssh_private_key <key
```

| key | meaning |
|---|---|
"""
