"""How clients and what happened about them are written in one line."""

from typing import Any

from gateway.console.words import code, day, n, t, title

Values = dict[str, Any]


def client_name(card: Values) -> str:
    """Return a client's name; one without a name for this reader is its post or a dash."""
    name = card.get("name") or {}
    if "surname" in name or "name" in name:
        parts = (name.get("surname"), name.get("name"), name.get("patronymic"))
        return " ".join(part for part in parts if part) or t("client.nameless")
    if name:
        return title(name)
    return card.get("full_name") or t("client.nameless")


def post_of(one: Values) -> str:
    """Return a post in words: its title, else its role."""
    post = one.get("post") or one
    if post.get("title"):
        return str(post["title"])
    return code("post", post["role"]) if post.get("role") else "–"


def held(post: Values) -> str:
    """Return since when, and until when, a post is held."""
    since = day(post["since"], "short")
    if post.get("until"):
        return t("client.from_to", since=since, until=day(post["until"], "short"))
    return t("client.since", since=since)


def happened(item: Values) -> str:
    """Return what a line of the timeline says beside its title."""
    data, about = item["data"], item.get("about") or {}
    parts = [
        about.get("number"),
        title(about["title"]) if about.get("title") else None,
        code("purpose", data["purpose"]) if data.get("purpose") else None,
        code("delivery", data["state"]) if data.get("state") else None,
        code("reason", data["reason"]) if data.get("reason") else None,
        n("client.minutes", data["minutes"]) if data.get("minutes") is not None else None,
        code("counts", data["counts"]) if "counts" in data else None,
        code("outcome", data["outcome"]) if data.get("outcome") else None,
        code("given", data["given"]) if "given" in data else None,
        ", ".join(code("consent", one) for one in data.get("purposes") or []) or None,
    ]
    return " · ".join(part for part in parts if part)


def leads_to(item: Values) -> str:
    """Return the address of what a line of the timeline is about, empty where there is none."""
    about = item.get("about") or {}
    if about.get("kind") == "inquiry" and about.get("id"):
        return f"/inquiries/{about['id']}"
    if about.get("kind") == "online_event" and about.get("id"):
        return f"/online-events/{about['id']}"
    return ""


TONES = {"delivered": "good", "sent": "good", "failed": "bad", "skipped": "none", "expired": "bad"}


def delivery_tone(state: str) -> str:
    """Return the colour of what became of a mail."""
    return TONES.get(state, "info")


ICONS = {
    "registration": "icon:user-check",
    "consent": "icon:shield-check",
    "event": "icon:calendar-event",
    "inquiry": "icon:message-2",
    "mail": "icon:mail",
    "other": "icon:point",
}
FUNCTIONS: dict[str, Any] = {
    "client_name": client_name,
    "post_of": post_of,
    "held": held,
    "happened": happened,
    "leads_to": leads_to,
    "delivery_tone": delivery_tone,
    "kind_icon": lambda kind: ICONS.get(kind, ICONS["other"]),
}
