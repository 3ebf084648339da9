"""The administrator's web pages: rendered here, filled by the same routes that the JSON API has.

A screen is a method with ``@screen`` in ``<noun>.py`` and a template of the same name; it asks the
routes of ``gateway/api`` in the same process (`gateway.console.visits`), so that validation,
rights, masks and the audit log exist once. To add one, copy the nearest (CONTRIBUTING.md).
"""
