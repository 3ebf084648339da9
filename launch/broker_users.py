"""The users of a shared RabbitMQ and what each may do: one a service (quality.md S19).

The owner declares the topology in the one-shot migration; a service publishes to its own exchange,
reads its own queues and speaks RPC, and can do nothing to what is another's. Passwords are stored
as RabbitMQ hashes them, so the definitions hold none.
"""

import base64
import hashlib
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass

from chassis import topology
from contracts.catalogue import SERVICES

VHOST = "aymak"
OWNER = "owner"
GATEWAY = "gateway"
USERS = (OWNER, *SERVICES, GATEWAY)
RPC = re.escape(topology.CALLS)


@dataclass(frozen=True, slots=True)
class Permissions:
    """Regular expressions over the names of exchanges and queues."""

    configure: str
    write: str
    read: str


def permissions(user: str) -> Permissions:
    """Return what a user may do in the vhost; raises KeyError for one that is none of ours."""
    if user not in USERS:
        raise KeyError(user)
    if user == OWNER:
        return Permissions(".*", ".*", ".*")
    if user == GATEWAY:
        # Replies come to queues of its own that go with it; events go out in the portal's name.
        replies = rf"{topology.REPLIES}\..+"
        return Permissions(
            configure=rf"^({RPC}|{replies})$",
            write=rf"^(portal\.events|{RPC}|{replies})$",
            read=rf"^({RPC}|{replies})$",
        )
    calls = re.escape(topology.calls_of(user))
    return Permissions(
        configure=rf"^({RPC}|{calls})$",
        write=rf"^({user}\.events|{RPC}|{calls})$",
        read=rf"^({RPC}|{user}\..+\.{topology.VERSION})$",
    )


def definitions(passwords: Mapping[str, str]) -> str:
    """Return RabbitMQ's definitions (JSON) with the vhost, the users and their permissions.

    `passwords` has one of each of ``USERS``. A node that starts empty with these makes no guest.
    """
    grants = {user: permissions(user) for user in USERS}
    content = {
        "vhosts": [{"name": VHOST}],
        "users": [
            {
                "name": user,
                "password_hash": password_hash(passwords[user]),
                "hashing_algorithm": "rabbit_password_hashing_sha256",
                "tags": [],
            }
            for user in USERS
        ],
        "permissions": [
            {
                "user": user,
                "vhost": VHOST,
                "configure": grant.configure,
                "write": grant.write,
                "read": grant.read,
            }
            for user, grant in grants.items()
        ],
    }
    return json.dumps(content, indent=2) + "\n"


def password_hash(password: str) -> str:
    """Return a password as RabbitMQ stores it: base64(salt + sha256(salt + password))."""
    salt = os.urandom(4)
    digest = hashlib.sha256(salt + password.encode()).digest()
    return base64.b64encode(salt + digest).decode("ascii")
