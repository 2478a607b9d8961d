"""What to do about errors of Exoscale, said beside them.

The patterns fit the texts of the API, of the released plugin and of its stand-in; the first that fits counts.
"""

ADVICE = (
    (
        r"protect",
        "Exoscale keeps machines that are protected: set machines.destroy_protected to false, run `pulumi up`, "
        "and then this again",
    ),
    (
        r"\b(?:401|403|Unauthorized|Forbidden)\b",
        "Exoscale does not take the API key: give one whose role may do everything with Compute, as the secrets "
        "exoscale_api_key and exoscale_api_secret or as EXOSCALE_API_KEY and EXOSCALE_API_SECRET, and run this again",
    ),
    (
        r"404 Not Found: template\b|[Tt]emplate\b[^:]*not found|unable to find template",
        "the zone has no template of that id: `make template STACK=... NAME=...` finds that of a system; "
        "then run this again",
    ),
    (
        r"[Ii]nstance type\b.*not found|not found in ListInstanceTypes|unable to retrieve instance type",
        "Exoscale has no such type of instances: set the size of the pool to one that it has, such as standard.large, "
        "and run this again",
    ),
    (
        r"404 Not Found: zone\b|not found in ListZones|unable to change exoscale client zone",
        "Exoscale has no such zone: set machines.zone, or the zone of the pool, to one that it has, such as ch-gva-2, "
        "and run this again",
    ),
    (
        r"cannot shrink|can only grow|resize block storage volume|attached to a running instance",
        "block storage only grows, and not while a running machine has it: give volumes.<name>.size_gib its former "
        "value, or see docs/exoscale.md on growing, and run this again",
    ),
    (
        r"attached to instance|already attached|attach block storage|unable to parse attached instance ID",
        "another machine still has the volume: run this again, as it is detached by now, or detach it in the portal",
    ),
    (
        r"scale down the disk size",
        "disks of machines only grow: give disk_gib of the pool its former value, and run this again",
    ),
    (
        r"[Qq]uota|[Ll]imit\b.*(?:reached|exceeded)",
        "a limit of the account is reached: raise it in the portal (Organization, Quotas), or use less, "
        "and run this again",
    ),
    (
        r"exists already|already exists",
        "Exoscale has something of that name already: of another checkout with a stack of the same name (run `make "
        "down` there, or choose another name for this stack), or of an update that was killed while it made it (remove "
        "it in the portal, and run this again)",
    ),
    (
        r"\bin use\b",
        "something outside of this stack uses what is to be removed: remove it there, in the portal, "
        "and run this again",
    ),
)
