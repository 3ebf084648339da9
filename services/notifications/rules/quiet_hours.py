"""Quiet hours: mail that nobody is waiting for leaves between 08:00 and 21:00 in Bishkek."""

from datetime import datetime, time, timedelta

OPENS, CLOSES = time(8, 0), time(21, 0)


def quiet_until(local: datetime) -> datetime | None:
    """When the quiet hours at hand end; None when mail may leave now.

    ``local`` is an aware instant in Bishkek time; so is the result.
    """
    if OPENS <= local.time() < CLOSES:
        return None
    day = local.date() + timedelta(days=1 if local.time() >= CLOSES else 0)
    return datetime.combine(day, OPENS, local.tzinfo)
