"""Every setting of a process: its name, meaning, form, default, readers and an example.

The one source of the sentences of refusals, of `docs/settings.md` and of `.env.example`; a test
compares them with what the code really reads.
"""

from dataclasses import dataclass

ALL = "every process"
GATEWAY, MAILERS, READERS = "gateway", "notifications, reporting", "gateway, notifications"


@dataclass(frozen=True, slots=True)
class Setting:
    """One environment name; ``default`` says in words what holds where it is not set.

    A ``secret`` may stand in a file instead, named by ``<name>_FILE``, as container secrets do
    (S18). A setting without a default (None) must be given.
    """

    name: str
    meaning: str
    form: str
    default: str | None
    used_by: str
    example: str
    secret: bool = False

    @property
    def sentence(self) -> str:
        """What a refusal says of it."""
        return f"{self.meaning}: {self.form}"


SETTINGS = (
    Setting(
        "AMQP_URI",
        "RabbitMQ",
        "amqp://user:password@host:port/vhost, or amqps:// for TLS; the nodes of a cluster one "
        "after the other, separated by semicolons",
        None,
        ALL,
        "amqp://clients:PASSWORD@rabbitmq:5672/aymak",
        secret=True,
    ),
    Setting(
        "DATABASE_URL",
        "PostgreSQL",
        "postgresql://user:password@host:port/aymak; each service appends its own name to the "
        "database's (aymak_clients, ...)",
        None,
        ALL,
        "postgresql://aymak_clients:PASSWORD@postgres:5432/aymak",
        secret=True,
    ),
    Setting(
        "AYMAK_STATE",
        "the state folder",
        "a path",
        None,
        ALL,
        "/var/lib/aymak",
    ),
    Setting(
        "AYMAK_BIND",
        "where the gateway listens",
        "address:port",
        "127.0.0.1:8000",
        GATEWAY,
        "0.0.0.0:8000",
    ),
    Setting(
        "AYMAK_PUBLIC_URL",
        "where readers reach the gateway; links in mails and answers use it",
        "http:// or https:// address; without https sign-in cookies cannot be secure (S4)",
        "http:// and AYMAK_BIND",
        READERS,
        "https://aymak.example.org",
    ),
    Setting(
        "AYMAK_SECRET",
        "signs unsubscribe links",
        "at least 32 characters",
        None,
        READERS,
        "$(openssl rand -base64 48)",
        secret=True,
    ),
    Setting(
        "AYMAK_SECRET_PREVIOUS",
        "the secret before this one; its links stay valid",
        "at least 32 characters",
        "none",
        READERS,
        "what AYMAK_SECRET was",
        secret=True,
    ),
    Setting(
        "AYMAK_METRICS_KEY",
        "the bearer with which /metrics may be read",
        "at least 32 characters",
        "none: /metrics is for administrators and managers",
        GATEWAY,
        "0123456789abcdef0123456789abcdef",
        secret=True,
    ),
    Setting(
        "AYMAK_MAIL_DIR",
        "where mails go as *.eml files while no AYMAK_SMTP_URL is set",
        "a folder",
        "mail in AYMAK_STATE",
        MAILERS,
        "/var/lib/aymak/mail",
    ),
    Setting(
        "AYMAK_SMTP_URL",
        "the mail relay",
        "smtp://user:password@host:587?starttls=auto|require|never or "
        "smtps://user:password@host:465; with a user, require is the default",
        "none: mails become files in AYMAK_MAIL_DIR",
        MAILERS,
        "smtp://aymak:PASSWORD@mail.example.org:587",
        secret=True,
    ),
    Setting(
        "AYMAK_MAIL_FROM",
        "sender of all mail",
        "Name <address>",
        "Aymak <aymak@localhost.localdomain>",
        MAILERS,
        "Academy <portal@example.org>",
    ),
    Setting(
        "AYMAK_MAIL_REPLY_TO",
        "where readers' answers go",
        "Name <address>",
        "AYMAK_MAIL_FROM",
        MAILERS,
        "Office <office@example.org>",
    ),
    Setting(
        "AYMAK_STAFF_MAIL",
        "who gets alerts",
        "addresses separated by commas",
        "nobody",
        MAILERS,
        "administrator@example.org",
    ),
    Setting(
        "AYMAK_REPORT_TO",
        "who gets the reports",
        "addresses separated by commas",
        "AYMAK_STAFF_MAIL",
        "reporting",
        "head@example.org, administrator@example.org",
    ),
    Setting(
        "AYMAK_REPORT_LANGUAGES",
        "languages of the mailed report",
        "ru, ky, en, separated by commas",
        "ru",
        "reporting",
        "ru,ky",
    ),
    Setting(
        "AYMAK_PORTAL_SOURCE",
        "the only source URI that the portal's events may name",
        "an absolute URI",
        "any absolute URI (doctor advises to narrow it)",
        GATEWAY,
        "https://portal.example.org",
    ),
    Setting(
        "AYMAK_HOSTS",
        "host names that the gateway answers to beside that of AYMAK_PUBLIC_URL",
        "names, separated by commas",
        "localhost and plain addresses",
        GATEWAY,
        "aymak.example.org",
    ),
    Setting(
        "AYMAK_PROXIES",
        "the proxies before the gateway; only their X-Forwarded-For is believed",
        "addresses or networks, separated by commas",
        "none",
        GATEWAY,
        "172.30.0.0/24",
    ),
    Setting(
        "AYMAK_RATE_SCALE",
        "multiplies the limits on requests per second",
        "a number",
        "1",
        GATEWAY,
        "1",
    ),
    Setting(
        "AYMAK_CALENDAR",
        "working days moved by decree; see docs/calendar.md",
        "a file",
        "the public holidays as they are known",
        ALL,
        "/etc/aymak/calendar.txt",
    ),
    Setting(
        "AYMAK_CLOCK_FILE",
        "the demo clock; set by `./aymak up --demo` only",
        "a file with one RFC 3339 instant",
        "real time",
        ALL,
        "",
    ),
    Setting(
        "AYMAK_LOG_LEVEL",
        "how much is logged",
        "DEBUG, INFO, WARNING or ERROR",
        "INFO",
        ALL,
        "WARNING",
    ),
)
KNOWN = {each.name: each.sentence for each in SETTINGS}
SECRETS = tuple(each.name for each in SETTINGS if each.secret)
