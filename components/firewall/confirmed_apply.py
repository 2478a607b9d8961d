"""Firewall rules that hold only once a new connection has come through them."""

import re

import pulumi

CONFIRM_TIMEOUT_S = 60  # after which rules that nobody confirmed are taken back
UNCONFIRMED_MESSAGE = "has new firewall rules on trial"  # how the script says that it has to run again
MAX_RETRIES = 2


class ConfirmedApply:
    """Runs the commands of the component `name` again that have put rules on trial: over a new connection."""

    def __init__(self, name: str) -> None:
        self._prefix = f"{name}-"
        self._tried: dict[str, int] = {}
        self.hooks = pulumi.ResourceHookBinding(on_error=[pulumi.ErrorHook("firewall-trial", self._judge)])

    def _judge(self, args: pulumi.ErrorHookArgs) -> bool:
        newest, tried = args.errors[0] if args.errors else "", self._tried.get(args.name, 0)
        if UNCONFIRMED_MESSAGE in newest and tried < MAX_RETRIES:
            self._tried[args.name] = tried + 1
            return True
        if tried and re.search(r"dial tcp|handshake failed", newest):
            pulumi.log.error(
                f"{args.name.removeprefix(self._prefix)}: its new firewall rules do not let this computer in, and are "
                "taken back within a minute: add this computer's address to firewall.management, and run this again"
            )
        return False
