"""Payments of clients."""

from dataclasses import dataclass

from contracts.envelope import event
from contracts.fields import Amount, Currency, Day, Line, PaymentMethod, Ref


@event("portal")
@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentReceivedV1:
    """A client paid for a service or a subscription."""

    payment_ref: Ref
    payer_ref: Ref
    amount: Amount
    currency: Currency
    method: PaymentMethod | None = None
    document_no: Line | None = None
    purpose: Line | None = None
    received_on: Day | None = None
