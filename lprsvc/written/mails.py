"""docs/mails.md: every mail the service sends, as its text part reads."""

from django.conf import settings

from accounts.notices import all_kinds, rendered

_HEAD = """# Mails

Written by `manage.py write_docs` from the code; a test compares the two.

Every mail has a text part, shown here with made-up facts, and an HTML part that says the same. No
subject names a plate, a case or a secret: subjects are shown on locked screens and kept in servers'
logs. Mails are owed by the change that causes them and sent after it, once each
(`accounts.services.notices`). The mail about a match of a hot plate is in
`alerts/templates/alerts/mail/`.
"""
_BASE_URL = "https://lpr.example.gov"
_SERVICE_NAME = "License plate reader queries"


def mails_document() -> str:
    """The whole document."""
    parts = [_HEAD]
    for kind in all_kinds():
        context = dict(kind.sample()) | {"service_name": _SERVICE_NAME}
        subject, text, _ = rendered(kind, context)
        here = settings.BASE_URL.rstrip("/")
        body = text.replace(here, _BASE_URL).rstrip()
        parts.append(f"## `{kind.name}`\n\nSubject: **{subject}**\n\n```text\n{body}\n```\n")
    return "\n".join(parts)
