"""Questions to the help desk: one answered, two that wait."""

from datetime import timedelta

from accounts.models import HelpRequest, User
from accounts.people import Person, person_for
from accounts.services.support import Question, answer_help, ask_for_help
from audit.actors import Origin
from lprsvc.example.load.setting import Loading

_FROM = Origin(ip="", client="example set-up")
_ANSWERED = Question(
    topic="alerts",
    text="Which of my alert lists do my colleagues see? I made one for a case team.",
)
_WAITING = Question(
    topic="feeds",
    text="A photograph of yesterday evening is too dark to read. Can the camera be adjusted?",
)
_VISITOR = Question(
    topic="log_on",
    text="My registration key has expired before I could use it.",
    name="Omar Haddad",
    email="omar.haddad@example.test",
)
_ANSWER = "Only those you share it with: open the list and look under its name."


def load_support(loading: Loading, people: dict[str, User]) -> None:
    """The questions, unless somebody asked before."""
    if HelpRequest.objects.exists():
        return
    investigator = person_for(people["investigator"])
    answered = _ask(loading, investigator, _ANSWERED, hours_ago=20)
    answer_help(
        actor=person_for(people["vendor"]), request=answered, answer=_ANSWER, now=loading.now
    )
    _ask(loading, investigator, _WAITING, hours_ago=3)
    _ask(loading, None, _VISITOR, hours_ago=1)
    loading.say("put 3 questions to the help desk")


def _ask(
    loading: Loading, person: Person | None, question: Question, *, hours_ago: int
) -> HelpRequest:
    asked_at = loading.now - timedelta(hours=hours_ago)
    return ask_for_help(person=person, origin=_FROM, question=question, now=asked_at)
