"""The cloud behind the stand-in: its records are in a file; machines, disks and networks are on the engine."""
