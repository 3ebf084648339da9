"""reporting: the journal of everything, the figures of the Terms of Reference, the monthly report.

Owns        the journal and its projections, the plan (data/), reports with their documents
Listens to  every event of every emitter (`@journals`)
Emits       report_mailed
RPC         indicators, evidence, plan, list_reports, get_report, stored_document, document,
            resend_report, rebuild, status
Timers      tick_reports: makes and queues the reports that are due; tick_mail: sends them
Settings    AYMAK_REPORT_TO, AYMAK_REPORT_LANGUAGES, AYMAK_MAIL_FROM and the mailer's

Figures are projections of the journal: nobody types them, a rebuild gives the same ones.
"""
