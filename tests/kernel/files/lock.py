"""Command that holds a lock of a file until it is ended: `python3 lock.py flock|fcntl FILE [write]`.

It says `locked` when it has the lock, and exits with 1 at once if somebody else has it. With `write`, it appends
numbered lines to the file afterwards, and writes into /run/written the number of the last one that the server has.
"""

import fcntl
import os
import sys
import time
from pathlib import Path

LOCKS = {"flock": fcntl.flock, "fcntl": fcntl.lockf}

kind, name, *writes = sys.argv[1:]
with Path(name).open("a+") as file:
    try:
        LOCKS[kind](file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        sys.exit(1)
    print("locked", flush=True)
    number = 0
    while True:
        if writes:
            number += 1
            file.write(f"{number}\n")
            file.flush()
            os.fsync(file.fileno())
            Path("/run/written").write_text(str(number))
        time.sleep(0.2)
