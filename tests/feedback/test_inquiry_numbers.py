"""Numbers stay without gaps, whoever comes at the same moment and whatever is rolled back."""

from concurrent.futures import ThreadPoolExecutor

from chassis.db import Database
from services.feedback import inquiry_numbers
from tests.feedback.desk import Desk, opened


def test_numbers_are_gapless_under_concurrency(desk: Desk) -> None:
    letters = [opened(f"q-{number}") for number in range(24)]
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(desk.hear, letters)) == {"applied"}
    found = sorted(data.number for data in desk.told("inquiry_accepted"))
    assert found == [f"О-2022-{number:04}" for number in range(1, 25)]


def test_a_rollback_gives_the_number_back(feedback_db: Database) -> None:
    with feedback_db.begin() as session:
        assert inquiry_numbers.take(session, 2022) == "О-2022-0001"
    try:
        with feedback_db.begin() as session:
            inquiry_numbers.take(session, 2022)
            raise LookupError
    except LookupError:
        pass
    with feedback_db.begin() as session:
        assert inquiry_numbers.take(session, 2022) == "О-2022-0002"
        assert inquiry_numbers.take(session, 2023) == "О-2023-0001"
