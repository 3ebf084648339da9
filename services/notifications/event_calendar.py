"""The calendar file of an event letter (RFC 5545, RFC 5546).

The UID stays and SEQUENCE grows with the event's version, so that a calendar replaces the entry
on a change and takes it out on a cancellation.
"""

from icalendar import Calendar, Event, vCalAddress

from chassis.mail import Attachment
from chassis.outgoing import OutgoingMail
from chassis.settings import settings
from services.notifications.letters import bare
from services.notifications.models import OnlineEvent
from services.notifications.notices import mail_domain
from services.notifications.rules.notices import EVENT_CANCELLED

PRODUCT = "-//Aymak//notifications//EN"


def calendar_file(online: OnlineEvent, mail: OutgoingMail, *, title: str) -> Attachment:
    """The entry as it stands now; METHOD is PUBLISH, or CANCEL for a cancelled event."""
    method = "CANCEL" if mail.meta["notice"] == EVENT_CANCELLED else "PUBLISH"
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", method)
    calendar.add_component(_entry(online, mail, title))
    return Attachment(
        name="event.ics",
        media_type="text/calendar",
        data=calendar.to_ical(),
        params=(("method", method), ("charset", "utf-8")),
    )


def _entry(online: OnlineEvent, mail: OutgoingMail, title: str) -> Event:
    entry = Event()
    entry.add("uid", f"{online.id}@{mail_domain()}")
    entry.add("sequence", online.version)
    entry.add("dtstamp", mail.dated)
    entry.add("dtstart", online.starts_at)
    if online.known_end:
        entry.add("dtend", online.known_end)
    entry.add("summary", title)
    entry.add("status", "CANCELLED" if online.cancelled_at else "CONFIRMED")
    entry.add("organizer", vCalAddress(f"mailto:{bare(settings().mail_from)}"))
    if online.url:
        entry.add("url", online.url)
    return entry
