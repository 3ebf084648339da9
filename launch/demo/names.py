"""Names, addresses and telephone numbers of fictional people.

Kyrgyz names come in the forms that a registry meets: with a Russian patronymic, with уулу/кызы
in the place of the patronymic, with уулу/кызы in the place of the surname, and with a surname only.
"""

import unicodedata
from dataclasses import dataclass
from random import Random

from launch.demo.data import load

# Reserved for examples by RFC 2606: no mail to them can ever reach anybody.
DOMAINS = ("mail.example.org", "post.example.net", "mail.example.com")
LATIN = str.maketrans("абвгдеёжзийклмнөопрстуүфхцыэ", "abvgdeejziyklmnooprstuufhzye")
SEVERAL = {"ч": "ch", "ш": "sh", "щ": "sh", "ю": "yu", "я": "ya", "ң": "n", "ь": "", "ъ": ""}


@dataclass(frozen=True, slots=True)
class FullName:
    """A person's name as the portal holds it; ``patronymic`` may be absent."""

    surname: str
    name: str
    patronymic: str | None


def latin(text: str) -> str:
    """Return ``text`` in plain lower-case Latin letters, for the local part of an address."""
    folded = text.lower().translate(LATIN)
    folded = "".join(SEVERAL.get(letter, letter) for letter in folded)
    plain = unicodedata.normalize("NFKD", folded).encode("ascii", "ignore").decode()
    return "".join(letter if letter.isalnum() else "-" for letter in plain).strip("-")


def full_name(random: Random, language: str) -> FullName:
    """Draw a name that somebody of this language may bear; ``en`` draws a foreign guest's."""
    is_woman = random.random() < 0.45
    if language == "en":
        name, surname = random.choice(
            load("names")["foreign"]["women" if is_woman else "men"]
        ).split()
        return FullName(surname, name, None)
    is_russian = language == "ru" and random.random() < 0.35
    lists = load("names")["russian" if is_russian else "kyrgyz"]
    name = random.choice(lists["women" if is_woman else "men"])
    surname = random.choice(lists["surnames"]) + ("а" if is_woman else "")
    patronymic = random.choice(lists["patronymics"])[is_woman]
    if is_russian:
        return FullName(surname, name, patronymic)
    return _kyrgyz(random, FullName(surname, name, patronymic), is_woman=is_woman)


def _kyrgyz(random: Random, whole: FullName, *, is_woman: bool) -> FullName:
    names = load("names")
    child_of = f"{random.choice(names['kyrgyz']['fathers'])} {names['sons'][is_woman]}"
    form = random.random()
    if form < 0.45:
        return whole
    if form < 0.65:
        return FullName(whole.surname, whole.name, child_of)
    if form < 0.85:
        return FullName(child_of, whole.name, None)
    return FullName(whole.surname, whole.name, None)


def address(name: FullName, number: int) -> str:
    """Return an e-mail address of an example domain; ``number`` makes it the person's own."""
    local = f"{latin(name.name)}.{latin(name.surname)}{number}"
    return f"{local}@{DOMAINS[number % len(DOMAINS)]}"


def phone(number: int) -> str:
    """Return a mobile number of its own for each number below a million."""
    # A step coprime to a million visits each number once, and neighbours do not look alike.
    digits = f"{number * 76_543 % 1_000_000:06}"
    return f"+996700{digits}"
