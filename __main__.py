"""The Pulumi program, which makes a stack's infrastructure from its settings and exports addresses and keys."""

from stacks import host, pulumi_runtime, target, transitions
from stacks.config import loader

settings, secrets = loader.load()
kind = target if settings.kind == "target" else host
pulumi_runtime.run(lambda prior: kind.build(settings, secrets, transitions.checked(settings, prior)))
