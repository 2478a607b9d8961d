"""The Pulumi program: a stack's settings become its infrastructure, whose addresses and keys become its outputs."""

from stacks import host, pulumi_runtime, target, transitions
from stacks.config import loader

settings, secrets = loader.load()
kind = target if settings.kind == "target" else host
pulumi_runtime.run(lambda prior: kind.build(settings, secrets, transitions.checked(settings, prior)))
