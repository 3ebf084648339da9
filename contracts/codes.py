"""Codes that events, databases and HTTP bodies share (contracts.md §5).

Words for people never stand here: they live in translation files, keyed by these codes.
"""

AUDIENCES = (
    "lsg_bodies",
    "universities",
    "state_executive",
    "experts",
    "consulting_ngo",
    "communities",
    "donors_projects",
    "business",
    "citizens",
)
BODY_TYPES = (
    "ayil_okmotu",
    "aiyl_kenesh",
    "city_hall",
    "city_kenesh",
    "rayon_administration",
    "university",
    "state_agency",
    "consulting",
    "ngo",
    "community_group",
    "donor",
    "project",
    "business",
    "media",
    "other",
)
# The bodies that ToR row 2 counts (contracts.md §3a, rows R2.A/B).
LSG_BODY_TYPES = ("ayil_okmotu", "aiyl_kenesh", "city_hall", "city_kenesh")
ROLES = (
    "head",
    "deputy_head",
    "specialist",
    "accountant",
    "kenesh_chair",
    "kenesh_deputy",
    "other",
)
# Deputies are elected, not employed: ToR section I names them apart from staff (switch A4).
DEPUTY_ROLES = ("kenesh_chair", "kenesh_deputy")
LANGUAGES = ("ru", "ky", "en")
CLIENT_KINDS = ("person", "organisation")
CLIENT_STATUSES = ("lead", "active", "dormant", "merged", "dissolved")
CONSENT_PURPOSES = ("service", "magazine", "campaign")
INQUIRY_KINDS = ("question", "wish", "review", "comment", "complaint", "proposal")
INQUIRY_CHANNELS = ("portal", "email", "phone", "whatsapp", "letter", "visit")
INQUIRY_DEADLINES = ("registration", "first_response", "answer")
INQUIRY_OUTCOMES = ("answered", "spam", "duplicate", "withdrawn")
ONLINE_EVENT_KINDS = ("webinar", "training", "discussion", "consultation", "other")
PAYMENT_METHODS = ("bank", "cash", "terminal", "e_wallet", "in_kind")
DELIVERY_PURPOSES = (
    "portal_info",
    "event_notice",
    "update",
    "renewal",
    "vote",
    "survey",
    "service",
)
DELIVERY_STATES = ("delivered", "failed", "expired", "skipped")
# ISO 3166-2:KG, the seven oblasts and two cities of republican significance.
OBLASTS = ("KG-B", "KG-C", "KG-GB", "KG-GO", "KG-J", "KG-N", "KG-O", "KG-T", "KG-Y")
REPORT_FORMATS = ("html", "pdf", "xlsx")
