"""Confirmed apply: a machine reverts new firewall rules unless a new connection confirms them."""

import re

import pulumi

CONFIRM_TIMEOUT_S = 60  # after which the machine reverts unconfirmed rules
# In the error with which the script asks to run again.
UNCONFIRMED_MESSAGE = "tries new firewall rules; connecting again to confirm them (this is not an error): on trial"
MAX_RETRIES = 2


class ConfirmedApply:
    """Hooks that retry a firewall command over a new SSH connection, which confirms the rules that it applied.

    `name` is the name of the component whose commands have these hooks.
    """

    def __init__(self, name: str) -> None:
        self._prefix = f"{name}-"
        self._retries: dict[str, int] = {}
        self.hooks = pulumi.ResourceHookBinding(on_error=[pulumi.ErrorHook("firewall-trial", self._retry)])

    def _retry(self, args: pulumi.ErrorHookArgs) -> bool:
        newest_error, retries = args.errors[0] if args.errors else "", self._retries.get(args.name, 0)
        if UNCONFIRMED_MESSAGE in newest_error and retries < MAX_RETRIES:
            self._retries[args.name] = retries + 1
            return True
        if retries and re.search(r"dial tcp|handshake failed", newest_error):
            pulumi.log.error(
                f"{args.name.removeprefix(self._prefix)}: its new firewall rules do not let this computer in, and are "
                "reverted within a minute: add this computer's address to firewall.management, and run this again"
            )
        return False
