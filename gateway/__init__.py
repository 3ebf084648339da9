"""The roof: HTTP in and out.

Owns: staff accounts, sessions, API keys and sign-in attempts; nothing of the domain.
Publishes: the portal's events, to the exchange `portal.events`, confirmed before it answers 202.
Asks: clients, feedback, notifications and reporting by RPC, one hop; a service that is away costs
its own pages only.
Settings: AYMAK_BIND, AYMAK_PUBLIC_URL, AYMAK_PORTAL_SOURCE.
"""
