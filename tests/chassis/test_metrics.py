"""Numbers of several processes become one set; the event loop's stalls are measured."""

import subprocess
import sys

from chassis import gauges, metrics, reconcile
from chassis.handling import handle
from tests.chassis.test_reconcile import fails, verified
from tests.project import ROOT

PATCHED = "import eventlet; eventlet.monkey_patch(); from chassis import hub, metrics; "
BLOCKING = "import psycopg2.extensions; psycopg2.extensions.set_wait_callback(None); "
STALL = (
    "from eventlet.patcher import original; eventlet.spawn_n(hub.watch); eventlet.sleep(0.3); "
    "original('time').sleep(0.7); eventlet.sleep(0.3); print(metrics.hub_stall._value.get())"
)


def said(program: str) -> str:
    """Return what a process of its own prints: this one must stay unpatched."""
    command = [sys.executable, "-W", "ignore", "-c", program]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.strip().splitlines()[-1]


def value(families, name, **labels):
    """Return the sum of the samples that carry these labels."""
    return sum(
        number
        for family in families
        for sample, given, number in family["samples"]
        if sample == name and labels.items() <= given.items()
    )


def test_it_counts_facts_by_listener_and_outcome(chassis_db, listener):
    before = metrics.plain()
    wire = verified()
    for _ in range(3):
        handle(chassis_db, listener(), wire)
    handle(chassis_db, listener(fails), verified())
    after = metrics.plain()
    found = {
        outcome: value(after, "aymak_handled_total", outcome=outcome)
        - value(before, "aymak_handled_total", outcome=outcome)
        for outcome in ("applied", "repeated", "failed")
    }
    assert found == {"applied": 1, "repeated": 2, "failed": 1}


def test_it_reads_what_waits_from_the_database(chassis_db, listener):
    handle(chassis_db, listener(fails), verified())
    with chassis_db.begin() as session:
        reconcile.store(session, [reconcile.Found(kind="mail_stuck", subject="x", count=2)])
    with chassis_db.begin() as session:
        found = metrics.plain(gauges.read(session))
    assert value(found, "aymak_inbox_kept", outcome="failed") == 1
    assert value(found, "aymak_differences", kind="mail_stuck") == 1
    assert value(found, "aymak_outbox_unsent") == 0


def test_it_merges_services_and_keeps_them_apart():
    one = [{"name": "aymak_x", "words": "X.", "type": "gauge", "samples": [["aymak_x", {}, 1.0]]}]
    two = [{"name": "aymak_x", "words": "X.", "type": "gauge", "samples": [["aymak_x", {}, 2.0]]}]
    (family,) = metrics.merged({"clients": one, "feedback": two})
    assert {sample.labels["service"]: sample.value for sample in family.samples} == {
        "clients": 1.0,
        "feedback": 2.0,
    }


def test_it_sees_a_driver_that_blocks_the_event_loop():
    assert said(PATCHED + "print(hub.driver_yields())") == "True"
    assert said(PATCHED + BLOCKING + "print(hub.driver_yields())") == "False"


def test_it_measures_how_long_the_event_loop_stood_still():
    # The blocking call alone lasts 0.7 s; a busy machine can only make it longer.
    assert float(said(PATCHED + STALL)) > 0.5
