"""A service with the house's HTTP server and short limits, run as a process by test_http.py."""

import sys

import eventlet

if __name__ == "__main__":
    # Only in a process of its own: a test run that is patched half-way stands still.
    eventlet.monkey_patch()

from nameko import config
from nameko.containers import ServiceContainer
from werkzeug.wrappers import Request, Response

from chassis import errors, http
from chassis.problems import Refusal, json_response

SECRET = "dsn postgres://u:p@h/db"


class EchoServer(http.HttpServer):
    """Bounds short enough for a test."""

    limits = http.Limits(
        connections=40, idle_seconds=2, head_seconds=1, body_seconds=1, slowest=64 * 1024 * 1024
    )


class Echo(http.Route):
    """A route on that server."""

    server = EchoServer()


class Lost(http.Fallback):
    """What no route takes."""

    server = EchoServer()


class EchoService:
    """Says back what it hears, and fails in every way."""

    name = "echo"

    @Echo.decorator("GET", "/hello/<name>")
    def hello(self, request: Request, name: str) -> Response:
        """Greet."""
        return json_response({"hello": name})

    @Echo.decorator("POST", "/echo", limit=4096)
    def echo(self, request: Request) -> Response:
        """Return the size of the body."""
        return json_response({"bytes": len(request.get_data())})

    @Echo.decorator("POST", "/direct", limit=4096, worker=False)
    def direct(self, request: Request) -> Response:
        """Return the body, without a worker; fail when it says so."""
        if request.get_data() == b"fail":
            raise RuntimeError(SECRET)
        return json_response({"body": request.get_data(as_text=True), "asked": request.args})

    @Echo.decorator("GET", "/broken")
    def broken(self, request: Request) -> Response:
        """Raise what nobody foresaw."""
        raise RuntimeError(SECRET)

    @Echo.decorator("GET", "/away")
    def away(self, request: Request) -> Response:
        """Raise an error with a time to wait."""
        raise errors.Unavailable("broker_away", SECRET, retry_after=7)

    @Echo.decorator("GET", "/slow")
    def slow(self, request: Request) -> Response:
        """Answer late."""
        eventlet.sleep(1.0)
        return json_response({"slow": True})

    @Lost.decorator()
    def lost(self, request: Request) -> Response:
        """Raise the refusal."""
        refusal = request.environ[http.REFUSAL]
        assert isinstance(refusal, Refusal)
        raise refusal


if __name__ == "__main__":
    config["WEB_SERVER_ADDRESS"] = f"127.0.0.1:{sys.argv[1]}"
    container = ServiceContainer(EchoService)
    container.start()
    if len(sys.argv) > 2:
        import signal

        signal.signal(signal.SIGTERM, lambda *_: eventlet.spawn(container.stop))
    container.wait()
