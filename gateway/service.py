"""The gateway as a nameko service: its routes by noun, and what they stand on."""

from typing import Any, cast

from chassis.providers import DatabaseProvider
from gateway.api.accounts import AccountsApi
from gateway.api.audit import AuditApi
from gateway.api.dead_letters import DeadLettersApi
from gateway.api.deliveries import DeliveriesApi
from gateway.api.differences import DifferencesApi
from gateway.api.events import EventsApi
from gateway.api.indicators import IndicatorsApi
from gateway.api.inquiries import InquiriesApi
from gateway.api.jobs import JobsApi
from gateway.api.keys import KeysApi
from gateway.api.log import LogApi
from gateway.api.mail import MailApi
from gateway.api.metrics import MetricsApi
from gateway.api.online_events import OnlineEventsApi
from gateway.api.operations import OperationsApi
from gateway.api.organisations import OrganisationsApi
from gateway.api.own import OwnApi
from gateway.api.people import PeopleApi
from gateway.api.receipts import ReceiptsApi
from gateway.api.reports import ReportsApi
from gateway.api.schemas import SchemasApi
from gateway.api.session import SessionApi
from gateway.api.territories import TerritoriesApi
from gateway.api.unsubscribe import UnsubscribeApi
from gateway.api.views import ViewsApi
from gateway.api.waiting import WaitingApi
from gateway.console.service import ConsoleScreens
from gateway.jobs.runner import JobRunner
from gateway.providers import BrokerProvider, KeyRingProvider, LimitsProvider, ServicesProvider
from gateway.reconcile import Reconciler
from gateway.unmatched import Unmatched


class GatewayService(
    EventsApi,
    SessionApi,
    OwnApi,
    ViewsApi,
    JobsApi,
    OrganisationsApi,
    PeopleApi,
    TerritoriesApi,
    OnlineEventsApi,
    DeliveriesApi,
    LogApi,
    InquiriesApi,
    IndicatorsApi,
    ReportsApi,
    SchemasApi,
    UnsubscribeApi,
    AccountsApi,
    KeysApi,
    AuditApi,
    DeadLettersApi,
    WaitingApi,
    ReceiptsApi,
    DifferencesApi,
    MetricsApi,
    MailApi,
    ConsoleScreens,
    Reconciler,
    JobRunner,
    OperationsApi,
    Unmatched,
):
    """HTTP in and out; nameko puts what each provider gives in the provider's place."""

    name = "gateway"
    db = cast(Any, DatabaseProvider())
    services = cast(Any, ServicesProvider())
    broker = cast(Any, BrokerProvider())
    keys = cast(Any, KeyRingProvider())
    limits = cast(Any, LimitsProvider())
