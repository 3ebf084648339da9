"""The monthly report on the state and prospects of the client base (Terms of Reference, row 8).

Takes one `ReportData`, gives the HTML mail, its plain text, the PDF and the XLSX in ru, ky or en.
Plain Python: no clock, no session, no environment, and the same data gives the same bytes.

The door is `render.render(data, language)` and `render.render_one(data, language, fmt)`; nothing is
imported here, so that `model` and `phrases` stay cheap for those who only need words or types.
"""
