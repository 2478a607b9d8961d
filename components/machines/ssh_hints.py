"""Error hints for the SSH connections to machines of every provider."""

HINTS = (
    (
        r"dial unix (\S+?): connect:",
        "SSH_AUTH_SOCK is {0}, and no SSH agent listens there: start one, or `unset SSH_AUTH_SOCK`, as the program "
        "needs none, and run this again",
    ),
)
