"""feedback: what clients ask, and whether they are answered in time.

Owns        inquiries with their thread, due dates and timeline
Listens to  portal: inquiry_opened, inquiry_commented; clients: client_added, client_changed
Emits       inquiry_accepted, inquiry_answered, inquiry_overdue, inquiry_resolved,
            inquiry_reopened
RPC         list_inquiries, get_inquiry, answer_inquiry, note_inquiry, resolve_inquiry,
            reopen_inquiry, status
Timers      tick_overdue: announces each missed deadline once
Settings    the chassis' own; the terms stand in ``data/deadlines.toml``

Mail about an inquiry is sent by notifications; this service never opens SMTP.
"""
