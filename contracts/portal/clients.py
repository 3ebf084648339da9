"""Registrations on the portal and what changes in them."""

from dataclasses import dataclass
from typing import Any

from marshmallow import validates_schema

from contracts.envelope import event
from contracts.fields import Audience, BodyType, ClientKind, Email, Inn, Language, Line, Ref
from contracts.parts import ClientName, Consent, Post, check_name

PERSONAL_CLIENT = ("name.surname", "name.name", "name.patronymic", "email", "phone", "inn")


@event("portal", listeners=("clients",), personal=PERSONAL_CLIENT)
@dataclass(frozen=True, slots=True, kw_only=True)
class ClientRegisteredV1:
    """Somebody registered on the portal, or changed a registration (the same ref again)."""

    client_ref: Ref
    kind: ClientKind
    audience: Audience
    name: ClientName
    body_type: BodyType | None = None
    inn: Inn | None = None
    municipality: Line | None = None
    organisation_ref: Ref | None = None
    post: Post | None = None
    email: Email | None = None
    phone: Line | None = None
    language: Language | None = None
    territory: Line | None = None
    consent: Consent | None = None
    verified: bool | None = None

    @validates_schema(pass_original=True)
    def name_fits_kind(self, data: dict[str, Any], original: dict[str, Any], **_: Any) -> None:
        """Refuse an organisation without a name and a person without a surname."""
        if isinstance(original.get("name"), dict) and "name" in data:
            check_name(data.get("kind"), original["name"])


@event("portal", listeners=("clients",), personal=PERSONAL_CLIENT)
@dataclass(frozen=True, slots=True, kw_only=True)
class ClientUpdatedV1:
    """What changed in a registration; fields that are absent stay as they are."""

    client_ref: Ref
    audience: Audience | None = None
    name: ClientName | None = None
    body_type: BodyType | None = None
    inn: Inn | None = None
    municipality: Line | None = None
    organisation_ref: Ref | None = None
    post: Post | None = None
    email: Email | None = None
    phone: Line | None = None
    language: Language | None = None
    territory: Line | None = None


@event("portal", listeners=("clients",))
@dataclass(frozen=True, slots=True, kw_only=True)
class ClientVerifiedV1:
    """The portal made sure who the client is (by WhatsApp, e-mail or document)."""

    client_ref: Ref
    method: Line | None = None


@event("portal", listeners=("clients",))
@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentChangedV1:
    """A consent was given (``given``) or withdrawn, for some purposes or, if absent, for all."""

    client_ref: Ref
    consent: Consent
    given: bool = True
