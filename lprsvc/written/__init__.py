"""Documents written from the code: ``manage.py write_docs`` writes them, a test compares them."""

from collections.abc import Callable

from lprsvc.written.mails import mails_document
from lprsvc.written.policy import policy_document

DOCUMENTS: dict[str, Callable[[], str]] = {
    "docs/policy.md": policy_document,
    "docs/mails.md": mails_document,
}
