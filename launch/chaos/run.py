"""One chaos run: start, load, faults, settle, verdict, report."""

import contextlib
import json
import shutil
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime

from sqlalchemy.exc import SQLAlchemyError

from launch.chaos import Wanted, broker, faults, measure, report, verdict
from launch.chaos.events import SOURCE, Stream, probe
from launch.chaos.faults import Fault
from launch.chaos.ledger import Ledger, opened, read
from launch.chaos.product import Product, running
from launch.chaos.sender import Post, Sender
from launch.chaos.verdict import Found, Verdict
from launch.errors import LaunchError
from launch.state import State
from launch.supervisor import StopRequested

SENDERS = 4
# How long the senders repeat what was not accepted, and the product works off the rest.
PATIENCE, SETTLE = 90.0, 180.0
PROBE_SECONDS = 120.0
POLL = 0.25


def run(wanted: Wanted, say: Callable[[str], None]) -> bool:
    """Do the whole run and print its report; return whether the ledger equation is closed.

    ``chaos.json`` and ``chaos.txt`` stay in the folder; the servers' data only when it is not
    closed. Raises LaunchError when the folder is not empty or the product does not start.
    """
    state = State(wanted.folder)
    if wanted.folder.exists() and any(wanted.folder.iterdir()):
        raise LaunchError(f"{wanted.folder} is not empty: a chaos run needs a folder of its own.")
    try:
        with running(state, instances=wanted.instances, say=say) as product:
            done = _Run(product, wanted, say).go()
    except StopRequested:
        raise LaunchError("The run was stopped before the product was ready.") from None
    text = report.write(wanted, done)
    say(text)
    if done.verdict.is_closed:
        for name in ("rabbitmq", "postgresql", "mail"):
            shutil.rmtree(state.folder / name, ignore_errors=True)
    return done.verdict.is_closed


class _Run:
    """The parts of one run while the product is up."""

    def __init__(self, product: Product, wanted: Wanted, say: Callable[[str], None]) -> None:
        self.product = product
        self.wanted = wanted
        self.say = say
        self.ledger_path = product.state.folder / "chaos-ledger.jsonl"
        self.plan = faults.schedule(wanted.seed, wanted.minutes * 60, wanted.instances)

    def go(self) -> report.Done:
        plan = json.dumps([fault.as_row() for fault in self.plan], indent=1)
        (self.product.state.folder / "chaos-schedule.json").write_text(plan + "\n")
        self.say(f"{len(self.plan)} faults in {self.wanted.minutes:g} min, seed {self.wanted.seed}")
        with opened(self.ledger_path) as ledger:
            stream = Stream(self.wanted.seed, datetime.now(UTC))
            posts = [self._post(ledger) for _ in range(SENDERS)]
            sender = Sender(stream, posts, rate=self.wanted.rate)
            before = measure.take(self.product)
            sender.start()
            try:
                suffered = self._suffer(ledger)
            finally:
                self.say("the faults are over; the senders finish what they have in hand ...")
                sender.stop(PATIENCE)
        found, settled_after = self._settle()
        judged = self._judge(found)
        return report.Done(judged, suffered, before, measure.take(self.product), settled_after)

    def _post(self, ledger: Ledger) -> Post:
        return Post(self.product.url, self.product.portal_key, self.product.amqp_uri, ledger)

    # --- faults --------------------------------------------------------------------------------

    def _suffer(self, ledger: Ledger) -> list[Fault]:
        """Do all faults at their times; return them with the time that recovery took."""
        began = time.monotonic()
        with ThreadPoolExecutor(max_workers=16) as probing:
            probes = []
            for number, fault in enumerate(self.plan):
                if self._wait_until(began + fault.at):
                    break
                self.say(f"  {fault.at:6.1f} s  {fault.kind} {fault.target} {fault.held or ''}")
                self._do(fault)
                probes.append((fault, probing.submit(self._recovery, number, ledger)))
            self._wait_until(began + self.wanted.minutes * 60)
            return [_recovered(fault, probe) for fault, probe in probes]

    def _do(self, fault: Fault) -> None:
        undo = faults.begin(self.product, fault)
        try:
            self._wait_until(time.monotonic() + fault.held)
        finally:
            undo()

    def _wait_until(self, moment: float) -> bool:
        """Wait; return at once with True when the run is to stop."""
        while (left := moment - time.monotonic()) > 0:
            if self.product.supervisor.is_asked_to_stop:
                return True
            time.sleep(min(left, POLL))
        return self.product.supervisor.is_asked_to_stop

    def _recovery(self, number: int, ledger: Ledger) -> float | None:
        """Return how long an event that is sent now takes to go through all services."""
        began = time.monotonic()
        post, item, give_up = self._post(ledger), probe(number), threading.Event()
        timer = threading.Timer(PROBE_SECONDS, give_up.set)
        timer.start()
        try:
            if not post.deliver(item, stop=give_up):
                return None
            while not give_up.is_set():
                if self._has_gone_through(item.id):
                    return round(time.monotonic() - began, 1)
                time.sleep(POLL)
            return None
        finally:
            timer.cancel()
            post.close()

    def _has_gone_through(self, event_id: str) -> bool:
        with contextlib.suppress(SQLAlchemyError):
            return verdict.has_gone_through(self.product.databases, SOURCE, event_id)
        return False

    # --- the end -------------------------------------------------------------------------------

    def _settle(self) -> tuple[Found, float]:
        """Wait until nothing waits any more, within a bound; return what there is then."""
        began = time.monotonic()
        sent = read(self.ledger_path)
        self.say("waiting until the product has settled ...")
        while True:
            with contextlib.suppress(SQLAlchemyError, LaunchError):
                found = verdict.look(self.product.databases)
                is_told = self.product.supervisor.is_asked_to_stop
                is_late = is_told or time.monotonic() - began > SETTLE
                is_done = found.is_settled and not verdict.judge(sent, found).lost
                if is_late or (is_done and not broker.left_in_queues(self.product.rabbit)):
                    return verdict.look(self.product.databases), time.monotonic() - began
            is_told = self.product.supervisor.is_asked_to_stop
            if is_told or time.monotonic() - began > 2 * SETTLE:
                raise LaunchError("The databases did not come back: there is no verdict.")
            time.sleep(1)

    def _judge(self, found: Found) -> Verdict:
        judged = verdict.judge(read(self.ledger_path), found)
        judged.queues = broker.left_in_queues(self.product.rabbit)
        return judged


def _recovered(fault: Fault, probe: "Future[float | None]") -> Fault:
    return fault.recovered(probe.result())
