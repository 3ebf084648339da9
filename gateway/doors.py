"""Before anything is looked at: which host was meant, and where a request comes from (S10).

A request for a foreign host name is a page on somebody else's site that was made to reach ours
(DNS rebinding); an address in `X-Forwarded-For` counts only when a proxy of ours wrote it.
"""

from functools import lru_cache
from ipaddress import ip_address, ip_network
from urllib.parse import urlsplit

from werkzeug.wrappers import Request, Response

from chassis.problems import Refusal
from chassis.settings import settings

# A probe inside a cluster asks by whatever name the cluster has; these tell everybody the same.
PROBES = frozenset({"/healthz", "/readyz", "/metrics"})
HSTS = "max-age=31536000; includeSubDomains"


def check_host(request: Request) -> None:
    """Raise ``Refusal`` 421 for a host that is not ours."""
    known = settings()
    if request.path not in PROBES and not _is_ours(request.host, known.public_url, known.hosts):
        raise Refusal(421, "unknown_host")


@lru_cache(maxsize=256)
def _is_ours(host: str, public_url: str, hosts: tuple[str, ...]) -> bool:
    name = (urlsplit(f"//{host}").hostname or "") if host.isprintable() else ""
    own = urlsplit(public_url).hostname
    return name in {"localhost", own, *hosts} or _is_address(name)


def _is_address(name: str) -> bool:
    """Return whether a host is written as a number: no foreign name leads there."""
    try:
        return bool(ip_address(name))
    except ValueError:
        return False


def address_of(request: Request) -> str:
    """Return the address that a request comes from.

    That is the peer, unless it is one of AYMAK_PROXIES: then the last address in
    `X-Forwarded-For` that is none of them.
    """
    peer = request.remote_addr or ""
    if not settings().proxies:
        return peer
    hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",")]
    while _is_proxy(peer) and hops and _is_address(hops[-1]):
        peer = hops.pop()
    return peer


def _is_proxy(address: str) -> bool:
    return _is_address(address) and any(
        ip_address(address) in ip_network(one) for one in settings().proxies
    )


def secure(response: Response) -> Response:
    """Add what only https may promise (S12)."""
    if settings().public_url.startswith("https:"):
        response.headers["Strict-Transport-Security"] = HSTS
    return response
