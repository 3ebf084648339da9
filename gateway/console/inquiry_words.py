"""How an inquiry is shown: who asked, how many working days are left, in which tone."""

from typing import Any

from markupsafe import Markup

from gateway.console.words import n, t

Values = dict[str, Any]


def asker(one: Values) -> str:
    """Return who asked: the client's name, else the contact's, else the reference."""
    client, contact = one.get("client") or {}, one.get("contact") or {}
    return client.get("name") or contact.get("name") or client.get("ref") or t("inquiries.nobody")


def days_left(one: Values) -> str:
    """Return the working days left for the answer in words; late ones as such."""
    left = one.get("working_days_left")
    if left is None:
        return ""
    if left < 0:
        return n("inquiries.days_late", -left)
    return t("inquiries.due_now") if left == 0 else n("inquiries.days_left", left)


def tone(one: Values) -> str:
    """Return the colour of an inquiry: late is red, due is amber, done is green."""
    if one.get("overdue"):
        return "bad"
    if one["state"] == "resolved":
        return "good"
    if one["state"] == "answered":
        return "info"
    return "warn" if one.get("working_days_left") in (0, 1) else "none"


def deadlines(one: Values) -> list[tuple[str, str, bool | None]]:
    """Return the deadlines of an inquiry: name, last day, and whether it was kept."""
    return [
        ("registration", one["registration_due_on"], one["registered_on_time"]),
        ("first_response", one["first_response_due_on"], one["first_response_on_time"]),
        ("answer", one["answer_due_on"], one["on_time"]),
    ]


def deadline_badge(kept: bool | None, is_overdue: bool) -> Markup:
    """Return the verdict on a deadline: kept, missed, or still open."""
    if is_overdue or kept is False:
        name, key = "bad", "missed"
    else:
        name, key = ("good", "kept") if kept else ("none", "pending")
    words = t(f"inquiries.deadline_{key}")
    return Markup('<span class="badge tone-{}">{}</span>').format(name, words)


FUNCTIONS = {
    "asker": asker,
    "days_left": days_left,
    "inquiry_tone": tone,
    "deadlines_of": deadlines,
    "deadline_badge": deadline_badge,
}
