"""What a service method finds on ``self``: its database."""

from typing import Any

from nameko.extensions import DependencyProvider

from chassis.db import Database, database_url
from chassis.settings import settings


class DatabaseProvider(DependencyProvider):
    """Give ``self.db``; never touches the database itself, which may be away (quality.md F19)."""

    database: Database | None = None

    def setup(self) -> None:
        """Make the pool; connections are opened when they are needed."""
        self.database = Database(database_url(settings(), self.container.service_name))

    def get_dependency(self, worker_ctx: Any) -> Database:
        """Return the database of the service."""
        assert self.database is not None
        return self.database

    def stop(self) -> None:
        """Give the connections back."""
        if self.database is not None:
            self.database.close()
