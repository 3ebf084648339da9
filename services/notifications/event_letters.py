"""Letters about online events, each with a calendar entry that follows the event."""

from sqlalchemy.orm import Session

from chassis.outgoing import OutgoingMail
from contracts.parts import Words
from services.notifications import recipients
from services.notifications.client_letters import name_of
from services.notifications.event_calendar import calendar_file
from services.notifications.letters import Letter
from services.notifications.models import OnlineEvent, Recipient
from services.notifications.rules.notices import EVENT_CANCELLED
from services.notifications.words import greeting, say, short_day, span


def about(
    session: Session, mail: OutgoingMail, client: Recipient | None, online: OnlineEvent
) -> Letter:
    """Tell of the event as it stands now: announced, changed or cancelled."""
    language, notice = mail.language, mail.meta["notice"]
    title = Words(**online.title).best(language)
    day = short_day(language, online.starts_at)
    when = span(language, online.starts_at, online.known_end)
    return Letter(
        language=language,
        subject=say(language, f"{notice}.subject", title=title, day=day),
        preheader=f"{title} · {when}",
        eyebrow=say(language, f"{notice}.eyebrow"),
        heading=title,
        greeting=greeting(language, name_of(client)),
        to_name=recipients.full_name(client, language) if client else "",
        paragraphs=(say(language, f"{notice}.intro"),),
        facts=_facts(language, online, when=when, cancelled=notice == EVENT_CANCELLED),
        button=_button(language, online) if notice != EVENT_CANCELLED else None,
        closing=(say(language, f"{notice}.calendar"), say(language, f"{notice}.closing")),
        why=say(language, "common.why_client"),
        attachments=(calendar_file(online, mail, title=title),),
    )


def _facts(
    language: str, online: OnlineEvent, *, when: str, cancelled: bool
) -> tuple[tuple[str, str], ...]:
    facts = [(say(language, "event.when"), when)]
    if online.kind:
        kind = say(language, f"event.kind.{online.kind}")
        facts.append((say(language, "event.kind"), kind))
    if cancelled and online.cancel_reason:
        facts.append((say(language, "event.reason"), online.cancel_reason))
    return tuple(facts)


def _button(language: str, online: OnlineEvent) -> tuple[str, str] | None:
    return (say(language, "event.button"), online.url) if online.url else None
