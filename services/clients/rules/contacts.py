"""Phones and e-mail addresses as the base keeps and finds them.

Phones are normalised to E.164 by the numbering plan of Kyrgyzstan (region KG); what cannot be
read stays as it was written, because a person may still be able to.
"""

import re

import phonenumbers

REGION = "KG"
_SEVERAL = re.compile(r"[,;/\n]")
_NOT_A_DIGIT = re.compile(r"\D+")
_PHONE_LIKE = re.compile(r"[\d\s()+.\-]+")
SHORTEST_PHONE = 5


def phones(raw: str) -> list[str]:
    """Return the phones of a text, which may hold several, as E.164; unread ones stay raw."""
    found: list[str] = []
    for part in (piece.strip() for piece in _SEVERAL.split(raw)):
        phone = _e164(part) or part
        if phone and phone not in found:
            found.append(phone)
    return found


def _e164(text: str) -> str | None:
    try:
        number = phonenumbers.parse(text, REGION)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number) or number.extension:
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def email(raw: str) -> str:
    """Return an address with its domain in lower case; the local part is the owner's."""
    local, _, domain = raw.strip().rpartition("@")
    return f"{local}@{domain.lower()}"


def digits(phone: str) -> str:
    """Return the digits of a phone."""
    return _NOT_A_DIGIT.sub("", phone)


def phone_fragment(query: str) -> str | None:
    """Return the digits by which a query that looks like a phone is found, else None.

    A leading 0 is the national prefix and stands in no E.164 number.
    """
    if _PHONE_LIKE.fullmatch(query) is None:
        return None
    found = digits(query).lstrip("0")
    return found if len(found) >= SHORTEST_PHONE else None
