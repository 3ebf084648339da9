"""Small values that several events carry: names, contacts, references."""

from dataclasses import dataclass

from marshmallow import ValidationError, validates_schema

from contracts.fields import ConsentPurpose, Email, Instant, Language, Line, Ref, Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """A title or a name of an organisation in up to three languages; at least one is given."""

    ru: Line | None = None
    ky: Line | None = None
    en: Line | None = None

    def best(self, language: str) -> str:
        """Return the words in ``language``, else in ru, ky, en, whichever is there first."""
        return getattr(self, language) or self.ru or self.ky or self.en or ""

    @validates_schema
    def at_least_one(self, data: dict[str, object], **_: object) -> None:
        """Refuse an empty name."""
        if not any(data.get(language) for language in ("ru", "ky", "en")):
            raise ValidationError("Give the text in at least one of ru, ky, en.")


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientName:
    """A person's name (surname, name, patronymic) or an organisation's (ru, ky, en).

    Kyrgyz уулу/кызы forms stay whole in ``patronymic``. Which half must be filled follows from
    the client's kind: :func:`check_name` says so.
    """

    surname: Line | None = None
    name: Line | None = None
    patronymic: Line | None = None
    ru: Line | None = None
    ky: Line | None = None
    en: Line | None = None

    def full(self, language: str = "ru") -> str:
        """Return the name in one line; an organisation's in ``language`` or what there is."""
        if self.surname:
            return " ".join(part for part in (self.surname, self.name, self.patronymic) if part)
        return getattr(self, language) or self.ru or self.ky or self.en or ""


def check_name(kind: str | None, name: dict[str, object]) -> None:
    """Raise ``ValidationError`` unless ``name`` fits the client's ``kind``."""
    person = ("surname", "name", "patronymic")
    if kind == "person" and not name.get("surname"):
        raise ValidationError({"name": {"surname": ["A person needs a surname."]}})
    if kind == "organisation":
        if not any(name.get(language) for language in ("ru", "ky", "en")):
            raise ValidationError({"name": ["Give the text in at least one of ru, ky, en."]})
        if any(name.get(part) for part in person):
            raise ValidationError({"name": ["An organisation has no surname or patronymic."]})


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientKey:
    """How a portal names a client: its source URI and its own id."""

    source: Line
    ref: Ref


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """Where to answer somebody who is not registered."""

    name: Line | None = None
    email: Email | None = None
    phone: Line | None = None
    language: Language | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """A person's post in an organisation, as the portal reports it.

    A role that is absent stays as it is; while none was ever given it is "other".
    """

    title: Line | None = None
    role: Role | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """A consent to personal data being used (law 58 of 2008, decree 759 of 2017)."""

    text_version: Line
    at: Instant
    channel: Line
    purposes: list[ConsentPurpose] | None = None
