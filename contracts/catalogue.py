"""The catalogue: every event of the house, found by type, by emitter and by listener."""

from contracts import clients, feedback, notifications, portal, reporting
from contracts.envelope import BY_NAME, REGISTRY, Contract

# Importing the modules above fills the registry; the names are listed so that nobody drops one.
MODULES = (portal, clients, feedback, notifications, reporting)
SERVICES = ("clients", "notifications", "feedback", "reporting")
EMITTERS = ("portal", *SERVICES)
# The service that hears every event of every emitter and is therefore named by no contract.
JOURNAL = "reporting"


def contracts(emitter: str | None = None) -> list[Contract]:
    """Return all contracts, or those of one emitter, in the order of their declaration."""
    return [item for item in REGISTRY.values() if emitter in (None, item.emitter)]


def find(name: str, version: int = 1) -> Contract:
    """Return the contract of an event type; raises ``KeyError`` for an unknown one."""
    return BY_NAME[name, version]


def listened_to_by(service: str) -> list[Contract]:
    """Return the contracts that ``service`` listens to, the journal aside."""
    return [item for item in REGISTRY.values() if service in item.listeners]
