"""What to do about errors of Exoscale, said beside them."""

ADVICE = (
    (
        r"\b(?:401|403)\b.*(?:API key|signature|[Uu]nauthorized|authenticat|[Ff]orbidden)",
        "Exoscale does not take the API key: set the secrets exoscale_api_key and exoscale_api_secret, or "
        "EXOSCALE_API_KEY and EXOSCALE_API_SECRET, to those of a key that may do everything with Compute, "
        "and run this again",
    ),
    (
        r"(instance \S+) is protected|(?:destroy|operation).*protect",
        "Exoscale keeps machines that are protected: set machines.destroy_protected to false, run `pulumi up`, "
        "and then this again",
    ),
    (
        r"zone\b.*not found|no such host.*api-[a-z]",
        "Exoscale has no such zone: set machines.zone, or that of the pool, to one of https://portal.exoscale.com, "
        "such as ch-gva-2, and run this again",
    ),
    (
        r"[Tt]emplate\b.*not found",
        "the zone has no template of that id: find that of a system by `make template STACK=... NAME=...`, "
        "and run this again",
    ),
    (
        r"[Ii]nstance type\b.*not found",
        "Exoscale has no such type of instances: set the size of the pool to one that it has, such as standard.large, "
        "and run this again",
    ),
    (
        r"volume.*(?:cannot shrink|can only grow)|unable to resize block storage volume",
        "block storage can only grow, and only while it is not attached to a running machine: "
        "give volumes.<name>.size_gib its former value, or see docs/exoscale.md on growing, and run this again",
    ),
    (
        r"attached to (?:a running|another|instance)|already attached",
        "a volume is still attached to another machine: run this again, as it is detached by now; "
        "if that does not help, detach it in the portal",
    ),
    (
        r"scale down the disk size",
        "disks of machines can only grow: give disk_gib of the pool its former value, and run this again",
    ),
    (
        r"[Qq]uota|[Ll]imit.*(?:reached|exceeded)",
        "a limit of the account is reached: raise it in the portal (Organization, Quotas), or use less, "
        "and run this again",
    ),
    (
        r"exists already|already exists",
        "Exoscale has something of that name already, of another checkout with a stack of the same name: "
        "destroy that one, or choose another name for this stack",
    ),
    (
        r"in use by",
        "something outside of this stack uses what is to be removed: look for it in the portal, remove it there, "
        "and run this again",
    ),
)
