"""Numbers that are read from a service's database at the moment somebody asks for metrics."""

from collections.abc import Iterator, Mapping

from prometheus_client.core import Metric
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chassis import clock, dead_letters, inbox, outbox, reconcile
from chassis.jobs import JobRun
from chassis.metrics import Samples, gauge
from chassis.outgoing import OutgoingMail
from chassis.ticks import ticked


def read(session: Session) -> Iterator[Metric]:
    """Yield what waits and what has become of things here."""
    unsent = float(outbox.count_unsent(session))
    yield gauge("outbox_unsent", "Facts without the broker's confirm.", {(): unsent})
    lag = outbox.lag_seconds(session)
    yield gauge("outbox_lag_seconds", "For how long the oldest of them has waited.", {(): lag})
    kept = by("outcome", inbox.counts(session))
    yield gauge("inbox_kept", "Facts that wait, failed or are dead.", kept)
    letters = by("reason", dead_letters.count_open(session))
    yield gauge("dead_letters_open", "Dead letters that nobody has settled.", letters)
    mails = select(OutgoingMail.state, func.count()).group_by(OutgoingMail.state)
    states = by("state", {state: n for state, n in session.execute(mails)})
    yield gauge("mail", "Mails in the ledger by state.", states)
    yield gauge("job_late_seconds", "How late the oldest undone run of a job is.", late(session))
    differences = by("kind", reconcile.counts(session))
    yield gauge("differences", "What the reconcilers found to differ.", differences)
    ticks = by("tick", {name: at.timestamp() for name, at in ticked.items() if at is not None})
    yield gauge("tick_timestamp", "When each tick last ran well (domain time).", ticks)


def by(label: str, counted: Mapping[str, float]) -> Samples:
    """Return numbers by the values of one label, as `chassis.metrics.gauge` takes them."""
    return {((label, name),): float(number) for name, number in counted.items()}


def late(session: Session) -> Samples:
    """Return for each job by how many seconds its oldest undone run is overdue."""
    query = select(JobRun.job, func.min(JobRun.due_at)).where(
        JobRun.done_at.is_(None), JobRun.due_at <= clock.now()
    )
    rows = session.execute(query.group_by(JobRun.job))
    return by("job", {job: (clock.now() - due_at).total_seconds() for job, due_at in rows})
