"""clients: who the users of the Portal and the Magazine are, and what they took part in.

Owns        people, organisations (bodies), municipalities, posts, consents; online events with
            their registrations and attendance; the shipped list of territories
Listens to  portal: client_registered, client_updated, client_verified, consent_changed,
            event_announced, event_changed, event_cancelled, event_registered, event_attended,
            event_held; notifications: client_unsubscribed
Emits       client_added, client_changed, consent_recorded, attendance_counted, event_closed
RPC         list_organisations, get_organisation, list_people, get_person, list_territories,
            list_online_events, get_online_event, status
Timers      none of its own
Settings    the chassis' own

A municipality, its bodies (ayil okmotu, aiyl kenesh), a person and a post are four things: ToR
row 2 counts bodies, and people by their posts. Portal facts of one client may come in any order
and give the same card (``rules/merging.py``, ``rules/standing.py``).
"""
