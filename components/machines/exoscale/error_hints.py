"""Error hints for Exoscale.

The patterns match errors of the released plugin 0.66.1 and of its stand-in; the first match counts.
"""

from components.machines.error_hints import AGENT_HINTS

PROXY_HINT = (
    "the proxy of HTTPS_PROXY lets no request through to Exoscale's API ({0}): correct HTTPS_PROXY, or add "
    ".exoscale.com to NO_PROXY, and run this again"
)
HINTS = (
    (
        r"protection is enabled|\bis protected\b",
        "Exoscale does not delete protected machines: set machines.destroy_protection to false, run `make up`, with a "
        "dead machine still in machines.lost, and then this again",
    ),
    (
        r"(proxyconnect tcp: [^\n]+|\bProxy Authentication Required\b)",
        PROXY_HINT,
    ),
    # A proxy's answer is alone behind the address; that of the API begins with "http response".
    (
        r"https://api-[^\"\s]+\"?: (Forbidden|Bad Gateway|Gateway Timeout|Method Not Allowed)\s*(?:\n|$)",
        PROXY_HINT,
    ),
    (r"\bToo Many Requests\b", "Exoscale's API refuses more requests for now: run this again in a minute"),
    (
        r"\s*([^\n:*]*(?:[Qq]uota|(?:[Ll]imit|[Mm]aximum number)\b[^\n]*(?:reached|exceeded))[^\n]*)",
        "a limit of the account is reached ({0}): raise it in the portal (Organization, Quotas), or use less, "
        "and run this again",
    ),
    (
        r"Invalid request signature|\b(?:Unauthorized|Forbidden)\b",
        "Exoscale does not take the API key: give one whose role may do everything with Compute, as the secrets "
        "exoscale_api_key and exoscale_api_secret or as EXOSCALE_API_KEY and EXOSCALE_API_SECRET, and run this again",
    ),
    (
        r"\blookup api-([\w-]+)\.exoscale\.com\b.*\bno such host\b",
        "there is no api-{0}.exoscale.com: if Exoscale has no zone {0}, set machines.zone, or the zone of the pool, to "
        "one that it has, such as ch-gva-2; if it has, DNS does not work on this computer; then run this again",
    ),
    (
        r"\bdial tcp\b|\bgiving up after \d+ attempt",
        "Exoscale's API does not answer: check the network of this computer, and run this again",
    ),
    (
        r"\b[Tt]emplate\b[^:]*not found|unable to find template",
        "the zone has no template of that id: `make template STACK=... NAME=...` finds that of a system; "
        "then run this again",
    ),
    (
        r"unable to retrieve instance type",
        "Exoscale has no such type of instances: set the size of the pool to one that it has, such as standard.large, "
        "and run this again",
    ),
    (
        r"not found in ListZones|unable to change exoscale client zone|Attribute zone value must be one of",
        "Exoscale has no such zone: set machines.zone, or the zone of the pool, to one that it has, such as ch-gva-2, "
        "and run this again",
    ),
    (
        r"AttachBlockStorageVolume|unable to parse attached instance ID",
        "Exoscale has not attached a volume to this machine, and no later update tries it again: in the portal, detach "
        "it from where it is, if it is attached, attach it to this machine, and run this again",
    ),
    (
        r"scale down the disk size",
        "disks of machines only grow: give disk_gib of the pool its former value, and run this again",
    ),
    (
        r"exists already|already exists",
        "Exoscale has something of that name already: of another checkout with a stack of the same name (run `make "
        "down` there, or choose another name for this stack); of this stack, whose state is lost or elsewhere "
        "(PULUMI_BACKEND_URL; docs/02-exoscale.md); or of a killed update (remove it in the portal, run this again)",
    ),
    (
        r"\bin use\b",
        "Exoscale still uses what is to be removed: run this again, as it may notice later that a machine is gone; if "
        "it fails again, something outside of this stack uses it: remove that in the portal, and run this again",
    ),
    (
        r"\bPayment Required\b",
        "the Exoscale organization has no credit: add some in the portal (Organization, Billing), and run this again",
    ),
    (
        r"\bLocked\b|http response: Conflict",
        "Exoscale is still busy with an earlier operation on this: run this again in a minute; if it fails again, the "
        "portal shows the operation",
    ),
    (
        r"http response: Not Found|resource not found",
        "Exoscale does not have something that the state has, as somebody removed it there: run `make refresh`, "
        "and then this again",
    ),
)

# Of commands on the machines, which the program runs over SSH.
SSH_HINTS = (
    *AGENT_HINTS,
    (
        r"dial tcp|context deadline exceeded",
        "a machine does not answer SSH: is this computer's public address (`curl -4 https://api.ipify.org` prints it) "
        "in firewall.management? If somebody stopped or deleted the machine, start it in the portal, or run "
        "`make refresh`; its console in the portal shows why it does not boot",
    ),
    (
        r"unable to authenticate",
        "a machine does not let the stack's SSH key in: put the public half of that key back into "
        "~ubuntu/.ssh/authorized_keys there, by the console in the portal, and run this again",
    ),
    (
        r"host key mismatch|no common algorithm for host key",
        "a machine shows another host key than the one that this program gave it: somebody reinstalled it, or another "
        "computer answers at its address; look at it in the portal first, then replace it",
    ),
)
