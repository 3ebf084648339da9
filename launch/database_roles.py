"""The roles and databases of a shared PostgreSQL: one role and one database a service (S19).

The owner makes and changes the tables (the one-shot migration, backups); a service reads and
writes the rows of its own database and nothing else. Nobody here is a superuser. Passwords stand
in the script as SCRAM verifiers.
"""

import base64
import hashlib
import hmac
import os
from collections.abc import Mapping

from launch.databases import SERVICES

OWNER = "aymak_owner"
SCRAM_ROUNDS = 4096


def role_of(service: str) -> str:
    """Return the role that a service signs in as; it is named as its database is."""
    return f"aymak_{service}"


def script(passwords: Mapping[str, str]) -> str:
    """Return the script for psql, run once as a superuser; `passwords` by service, and `owner`."""
    parts = ["\\set ON_ERROR_STOP on", _role(OWNER, passwords["owner"])]
    for service in SERVICES:
        parts += [_role(role_of(service), passwords[service]), _database(service)]
    return "\n".join(parts)


def _role(name: str, password: str) -> str:
    return (
        f"CREATE ROLE {name} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION\n"
        f"  PASSWORD '{verifier(password)}';"
    )


def _database(service: str) -> str:
    name = role = role_of(service)
    return f"""
CREATE DATABASE {name} OWNER {OWNER} ENCODING 'UTF8' TEMPLATE template0;
REVOKE ALL ON DATABASE {name} FROM PUBLIC;
GRANT CONNECT ON DATABASE {name} TO {role};
\\connect {name}
REVOKE ALL ON SCHEMA public FROM PUBLIC;
ALTER SCHEMA public OWNER TO {OWNER};
GRANT USAGE ON SCHEMA public TO {role};
ALTER DEFAULT PRIVILEGES FOR ROLE {OWNER} IN SCHEMA public
  GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {role};
ALTER DEFAULT PRIVILEGES FOR ROLE {OWNER} IN SCHEMA public
  GRANT USAGE, SELECT ON SEQUENCES TO {role};
"""


def verifier(password: str) -> str:
    """Return a password as PostgreSQL stores it: a SCRAM-SHA-256 verifier (RFC 5803)."""
    salt = os.urandom(16)
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, SCRAM_ROUNDS)
    stored = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    server = hmac.digest(salted, b"Server Key", "sha256")
    texts = [base64.b64encode(part).decode("ascii") for part in (salt, stored, server)]
    return f"SCRAM-SHA-256${SCRAM_ROUNDS}:{texts[0]}${texts[1]}:{texts[2]}"
