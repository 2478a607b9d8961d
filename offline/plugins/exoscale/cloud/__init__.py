"""The cloud behind the stand-in: what it has is in a file, its machines, disks and networks are on the engine."""
