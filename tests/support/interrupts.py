"""Ctrl-C for commands that a shell has started in the background, where it is ignored."""

import signal


def hear_interrupts() -> None:
    """Stop ignoring SIGINT: Pulumi's plugins would ignore it, too, and each command would wait 5 s for their end."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
