"""What a chaos run's broker says at the end: which queues are not empty."""

from launch.rabbitmq import VHOST, PrivateRabbit


def left_in_queues(rabbit: PrivateRabbit) -> dict[str, int]:
    """Return how many messages lie in each queue that is not empty."""
    lines = rabbit.ctl("list_queues", "-p", VHOST, "--no-table-headers", "name", "messages")
    found = {name: int(count) for name, count in map(str.split, lines.splitlines())}
    return {name: count for name, count in found.items() if count}
