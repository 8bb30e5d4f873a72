"""What was sent to order a report (QRY-8): of the hits ticked, of all relevant, of all listed."""

from dataclasses import dataclass

from django.http import QueryDict

from lprsvc.lib.errors import InvalidInput
from queries.arranging import Wanted, read

_TICKED, _RELEVANT, _LISTED = "ticked", "relevant", "listed"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportIn:
    """Which hits a report is ordered of, and as what (`form`: pdf, xlsx): those named
    (`queries.links.sign_hit`), or all that are marked relevant, or all that `listed` lists."""

    form: str
    names: tuple[str, ...] = ()
    relevant: bool = False
    listed: Wanted | None = None


def read_report(sent: QueryDict) -> ReportIn:
    """What the pressed button asks for, as ``ticked:pdf``. Raises InvalidInput."""
    which, _, form = sent.get("report", "").partition(":")
    if which == _TICKED:
        return ReportIn(form=form, names=tuple(sent.getlist("hit")))
    if which == _RELEVANT:
        return ReportIn(form=form, relevant=True)
    if which == _LISTED:
        return ReportIn(form=form, listed=read(QueryDict(sent.get("arrangement", ""))))
    raise InvalidInput({"report": ["Choose which hits to put into the report."]})
