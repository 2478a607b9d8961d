"""When a certificate is due for renewal."""

import datetime

from standin.values import Values


def due(outputs: Values) -> bool:
    """Whether its early renewal has begun."""
    end = datetime.datetime.fromisoformat(outputs["validityEndTime"])
    early = datetime.timedelta(hours=outputs.get("earlyRenewalHours", 0))
    return end - early <= datetime.datetime.now(datetime.UTC)


def at_once(inputs: Values) -> bool:
    """Whether it is due from its first hour on, by its own settings."""
    hours: int = inputs["validityPeriodHours"]
    return hours == 0 or inputs.get("earlyRenewalHours", 0) >= hours


def text(moment: datetime.datetime) -> str:
    """The moment in the machine's time zone, as RFC 3339 has it."""
    return moment.isoformat().removesuffix("+00:00") + ("Z" if moment.utcoffset() == datetime.timedelta() else "")
