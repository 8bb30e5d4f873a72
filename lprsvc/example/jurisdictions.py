"""What the law of each state says of reads, for the example: invented but for two real laws that
show what a rule can be. Nobody should run cameras by these."""

from dataclasses import dataclass

_INVENTED = "Example rule; an operator enters the law of the state here"


@dataclass(frozen=True, slots=True)
class ExampleRule:
    """The rule of one state."""

    is_lawful: bool
    retention_days: int
    citation: str


# Five years: as far back as anybody of the example may ask.
ELSEWHERE = ExampleRule(is_lawful=True, retention_days=1_827, citation=_INVENTED)
RULES: dict[str, ExampleRule] = {
    # "shall be purged from the system within 3 minutes of their capture": nothing to keep.
    "US-NH": ExampleRule(
        is_lawful=False, retention_days=0, citation="New Hampshire RSA 261:75-b, VIII"
    ),
    "US-ME": ExampleRule(
        is_lawful=True, retention_days=21, citation="Maine Revised Statutes, title 29-A, § 2117-A"
    ),
}
