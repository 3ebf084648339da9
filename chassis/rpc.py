"""Calls between the gateway and the services: errors that travel, time-outs, no late execution.

A call carries its deadline; a service that comes to it later does not execute it, because the
caller has gone (quality.md F23). RPC is for reads and for commands that are idempotent by a key.
"""

import functools
import time
from collections.abc import Callable
from typing import Any, TypeVar

import eventlet
import structlog
from nameko.exceptions import RpcTimeout, UnknownService

from chassis import context, logs, metrics
from chassis.calls import call
from chassis.db import is_away
from chassis.errors import AymakError, Unavailable, from_dict
from chassis.failpoints import failpoint

TIMEOUT = 3.0
F = TypeVar("F", bound=Callable[..., Any])

log = structlog.get_logger()


def rpc(method: F) -> F:
    """Offer ``method`` to the gateway; its result must be plain JSON.

    The keywords ``actor`` (who asks), ``deadline`` (unix time) and ``ids`` (of the request that
    it belongs to) are taken off the call; the first is found in the flow by ``outbox.emit``, the
    last stand in every line that is logged meanwhile.
    """

    @functools.wraps(method)
    def worker(
        service: Any,
        *args: Any,
        actor: str | None = None,
        deadline: float | None = None,
        ids: dict[str, str] | None = None,
        **kwargs: Any,
    ) -> dict[str, Any]:
        about = logs.about(method=method.__name__, **(ids or {}))
        with about, context.flowing(service.name, actor=actor):
            if deadline is not None and time.time() > deadline:
                reply = {"error": Unavailable("expired", "the caller has gone").to_dict()}
            else:
                reply = answer(functools.partial(method, service, *args, **kwargs))
        failed = reply.get("error", {}).get("code") == "internal"
        result = "failed" if failed else "refused" if "error" in reply else "ok"
        metrics.called(method.__name__, result)
        return reply

    return call(worker)  # type: ignore[no-any-return]


def answer(work: Callable[[], Any]) -> dict[str, Any]:
    """Return what ``work`` gives as ``{"ok": …}``, or its error as ``{"error": …}``."""
    try:
        done = {"ok": work()}
        failpoint("rpc.before_reply")
        return done
    except AymakError as refusal:
        return {"error": refusal.to_dict()}
    except Exception as problem:
        if not is_away(problem):
            # Told here, with its ids; over the wire it would be its text that travels.
            log.exception("call_failed")
            return {"error": AymakError("internal", logs.name_of(problem)).to_dict()}
        log.warning("database_away", error=type(problem).__name__)
        return {"error": Unavailable("database_away", "database away", retry_after=5).to_dict()}


class Caller:
    """Calls services and waits, never longer than told."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def call(self, service: str, method: str, *, timeout: float = TIMEOUT, **params: Any) -> Any:
        """Return the result of ``service.method(**params)``.

        Raises the service's own ``AymakError``; ``Unavailable`` with ``service`` among its
        parameters when the service, the broker or its database is away.
        """
        # Taken here: the call runs in a greenlet of its own, which knows nothing of this request.
        told = {"ids": logs.ids_at_hand(), "deadline": time.time() + timeout}
        reply = self._reply(service, method, timeout, {**params, **told})
        if "error" in reply:
            error = from_dict(reply["error"])
            if isinstance(error, Unavailable):
                error.params.setdefault("service", service)
            raise error
        return reply["ok"]

    def _reply(self, service: str, method: str, timeout: float, params: dict[str, Any]) -> Any:
        # The call runs in a greenlet of its own: a publish that hangs under a memory alarm does
        # not even heed eventlet's Timeout (F13), the wait here does.
        attempt = eventlet.spawn(self._attempt, service, method, params)
        try:
            with eventlet.Timeout(timeout, RpcTimeout):
                reply = attempt.wait()
        except RpcTimeout as problem:
            attempt.kill()
            reply = problem
        if not isinstance(reply, Exception):
            return reply
        log.warning("service_away", service=service, method=method, error=type(reply).__name__)
        if isinstance(reply, RpcTimeout | UnknownService | OSError):
            raise Unavailable(
                "service_away", f"{service} does not answer", service=service, retry_after=5
            ) from reply
        raise AymakError("internal", "the service failed") from reply

    def _attempt(self, service: str, method: str, params: dict[str, Any]) -> Any:
        # Returned, not raised: the hub prints what leaves a greenlet, even when it is waited for.
        try:
            return self._client[service][method](**params)
        except Exception as problem:
            return problem
