"""Stand-ins for the product's processes: the launcher's tests need something to tend.

`standin.py serve PORT` answers /readyz as the gateway does; `standin.py supervise STATE PORT`
runs a supervisor over one such process and one that does nothing but live.
"""

import sys
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path


class Ready(BaseHTTPRequestHandler):
    """Says 200 to every GET."""

    def do_GET(self) -> None:
        """Answer as a ready gateway."""
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def serve(port: int) -> None:
    """Be a gateway that is ready."""
    with HTTPServer(("127.0.0.1", port), Ready) as server:
        server.serve_forever()


def supervise(folder: Path, port: int) -> None:
    """Run a real supervisor over stand-in processes, as `up` does over the real ones."""
    from launch.children import ServiceProcess
    from launch.state import State
    from launch.supervisor import StopRequested, Supervisor, sole_owner

    state = State(folder)
    state.prepare(demo=False)

    def child(name: str, *arguments: str) -> ServiceProcess:
        command = [sys.executable, __file__, *arguments]
        return ServiceProcess(name, command, environment={}, log=state.log(name))

    with sole_owner(state):
        supervisor = Supervisor(state, url=f"http://127.0.0.1:{port}", say=print)
        supervisor.listen_to_signals()
        try:
            supervisor.end_leftovers()
            supervisor.start_services([child("gateway", "serve", str(port)), child("clients")])
            supervisor.wait_until_ready(timeout=30)
            supervisor.run()
        except StopRequested:
            pass
        finally:
            supervisor.stop()


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["serve", port]:
            serve(int(port))
        case ["supervise", folder, port]:
            supervise(Path(folder), int(port))
        case _:
            time.sleep(3600)
