"""notifications: everything that is mailed to clients, and alerts to staff.

Owns: recipients (a projection), unsubscriptions, online events as their readers know them, and
the mail ledger of this service.
Listens to: portal event_announced, event_changed, event_cancelled, event_registered,
event_attended; clients client_added, client_changed, consent_recorded; feedback
inquiry_accepted, inquiry_answered, inquiry_overdue.
Emits: deliveries_settled, client_unsubscribed.
RPC: describe_unsubscribe, unsubscribe, list_deliveries, describe_mail, send_test_mail, status.
Timers: tick_mail sends and settles what is due.
Settings: AYMAK_PUBLIC_URL, AYMAK_SECRET, AYMAK_SMTP_URL or AYMAK_MAIL_DIR, AYMAK_MAIL_FROM,
AYMAK_STAFF_MAIL, AYMAK_REPORT_LANGUAGES (the first is the language of staff alerts).
"""
