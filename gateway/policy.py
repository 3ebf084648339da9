"""Who may do what: the one table of roles, resources, actions and fields (quality.md S6, S7).

Deny by default: what stands in no rule is refused to everybody. A route names a resource and an
action; a test walks every route with every role.
"""

from dataclasses import dataclass
from typing import Literal, NamedTuple

Role = Literal["portal", "administrator", "content_admin", "manager", "auditor"]
# What a role sees of a resource: all fields, or those that tell nothing of a person.
Sight = Literal["all", "masked"]


class Access(NamedTuple):
    """What a route is about: ``Access("inquiries", "answer")``."""

    resource: str
    action: str


@dataclass(frozen=True, slots=True)
class Rule:
    """Who may take some actions on a resource, and who of them sees no personal fields."""

    resource: str
    actions: tuple[str, ...]
    roles: tuple[Role, ...]
    masked: tuple[Role, ...] = ()


PORTAL: Role = "portal"
ADMINISTRATOR: Role = "administrator"
CONTENT: Role = "content_admin"
MANAGER: Role = "manager"
AUDITOR: Role = "auditor"
STAFF: tuple[Role, ...] = (ADMINISTRATOR, CONTENT, MANAGER, AUDITOR)
READERS = (ADMINISTRATOR, MANAGER, AUDITOR)

# Also open to whoever holds AYMAK_METRICS_KEY, which is no account.
METRICS = Access("metrics", "read")

# contracts.md section 4: portal posts events and reads their receipts; content_admin has the
# inquiries; manager reads everything; auditor reads figures and what they stand on, nobody's name.
RULES = (
    Rule("events", ("post",), (PORTAL,)),
    Rule("receipts", ("read",), (PORTAL, *READERS)),
    Rule("session", ("use",), STAFF),
    Rule("jobs", ("use",), STAFF),
    Rule("views", ("read", "edit"), STAFF),
    Rule("views", ("share",), (ADMINISTRATOR, CONTENT, MANAGER)),
    Rule("organisations", ("read",), READERS, masked=(AUDITOR,)),
    Rule("people", ("read",), READERS, masked=(AUDITOR,)),
    Rule("territories", ("read",), STAFF),
    Rule("inquiries", ("read",), STAFF, masked=(AUDITOR,)),
    Rule("inquiries", ("answer", "note", "resolve", "reopen"), (ADMINISTRATOR, CONTENT)),
    Rule("online_events", ("read",), READERS, masked=(AUDITOR,)),
    Rule("deliveries", ("read",), READERS, masked=(AUDITOR,)),
    Rule("log", ("read",), READERS, masked=(AUDITOR,)),
    Rule("timeline", ("read",), READERS, masked=(AUDITOR,)),
    Rule("figures", ("read",), READERS),
    Rule("evidence", ("read",), READERS, masked=(AUDITOR,)),
    Rule("reports", ("read",), READERS),
    Rule("reports", ("send",), (ADMINISTRATOR,)),
    Rule("report_mails", ("read",), (ADMINISTRATOR, MANAGER)),
    Rule("operation", ("read",), (ADMINISTRATOR, MANAGER)),
    Rule("operation", ("check",), (ADMINISTRATOR,)),
    Rule("metrics", ("read",), (ADMINISTRATOR, MANAGER)),
    Rule("dead_letters", ("read",), (ADMINISTRATOR, MANAGER)),
    Rule("dead_letters", ("replay", "discard"), (ADMINISTRATOR,)),
    Rule("accounts", ("read",), (ADMINISTRATOR, MANAGER)),
    Rule("accounts", ("edit",), (ADMINISTRATOR,)),
    Rule("keys", ("read",), (ADMINISTRATOR, MANAGER)),
    Rule("keys", ("edit",), (ADMINISTRATOR,)),
    Rule("audit", ("read",), (ADMINISTRATOR, MANAGER)),
)


def _table() -> dict[tuple[str, Access], Sight]:
    return {
        (role, Access(rule.resource, action)): "masked" if role in rule.masked else "all"
        for rule in RULES
        for action in rule.actions
        for role in rule.roles
    }


TABLE = _table()


def sight(role: str, access: Access) -> Sight | None:
    """Return what ``role`` sees when it does this; None when it may not."""
    return TABLE.get((role, access))


def roles_of(access: Access) -> list[str]:
    """Return the roles that may do this; none for what stands in no rule."""
    return [role for role, allowed in TABLE if allowed == access]


def rights_of(role: str) -> list[Access]:
    """Return all that a role may do."""
    return [access for who, access in TABLE if who == role]
