"""The well-known federal periods of limitation, as set-up puts them into the table: unverified.

A list to begin with and no legal advice. Nobody can choose a row before counsel has read the
statute and the vendor has noted who did and when; charges, dates of the offense and amendments
decide in each case. Where a statute sets several periods each has a row.
"""

from typing import Any

SHIPPED_BECAUSE = "Shipped with the service. Counsel must verify it before anybody can choose it."
_MUST_VERIFY = "Counsel must verify this row against the statute as it stands."


def _offense(citation: str, title: str, years: int | None, note: str = "") -> dict[str, Any]:
    """The fields of one row."""
    return {
        "citation": citation,
        "title": title,
        "years": years,
        "note": f"{note} {_MUST_VERIFY}".strip(),
        "source": f"{citation}, United States Code (Office of the Law Revision Counsel)",
    }


# Code → fields. The codes stand in the log for ever.
SHIPPED: dict[str, dict[str, Any]] = {
    "18-usc-3281": _offense(
        "18 U.S.C. 3281",
        "Offenses punishable by death",
        None,
        "An indictment may be found at any time: no limitation.",
    ),
    "18-usc-3282-a": _offense(
        "18 U.S.C. 3282(a)",
        "Offenses not capital, in general",
        5,
        "Applies where no other law sets another period.",
    ),
    "18-usc-3283-life": _offense(
        "18 U.S.C. 3283 (life of the child)",
        "Sexual or physical abuse, or kidnaping, of a child under 18, while the child lives",
        None,
        "No number of years: prosecution stays open during the life of the child.",
    ),
    "18-usc-3283-ten-years": _offense(
        "18 U.S.C. 3283 (ten years)",
        "Sexual or physical abuse, or kidnaping, of a child under 18, where the child has died",
        10,
        "Ten years after the offense, where that is longer than the life of the child.",
    ),
    "18-usc-3286-a": _offense(
        "18 U.S.C. 3286(a)",
        "Certain terrorism offenses, not capital",
        8,
        "Where subsection (b) does not apply.",
    ),
    "18-usc-3286-b": _offense(
        "18 U.S.C. 3286(b)",
        "Terrorism offenses that caused, or foreseeably risked, death or serious bodily injury",
        None,
        "An indictment may be found at any time: no limitation.",
    ),
    "18-usc-3291": _offense(
        "18 U.S.C. 3291",
        "Nationality, citizenship and passports (18 U.S.C. 1423-1428, 1541-1544)",
        10,
    ),
    "18-usc-3293": _offense("18 U.S.C. 3293", "Financial institution offenses", 10),
    "18-usc-3294": _offense("18 U.S.C. 3294", "Theft of major artwork (18 U.S.C. 668)", 20),
    "18-usc-3295": _offense(
        "18 U.S.C. 3295", "Arson, not capital (18 U.S.C. 81, 844(f), (h), (i))", 10
    ),
    "18-usc-3298": _offense(
        "18 U.S.C. 3298",
        "Trafficking-related offenses, not capital (peonage, slavery, forced labor, smuggling)",
        10,
    ),
    "18-usc-3299": _offense(
        "18 U.S.C. 3299",
        "Child abduction and sex offenses, felonies",
        None,
        "An indictment may be found at any time: no limitation.",
    ),
    "18-usc-3301": _offense("18 U.S.C. 3301", "Securities fraud offenses", 6),
    "26-usc-6531-three": _offense(
        "26 U.S.C. 6531 (three years)", "Internal revenue laws, in general", 3
    ),
    "26-usc-6531-six": _offense(
        "26 U.S.C. 6531(1)-(8) (six years)",
        "Internal revenue laws: fraud, evasion, failure to pay or file, false statements",
        6,
    ),
    "50-usc-1705-d": _offense(
        "50 U.S.C. 1705(d)",
        "International Emergency Economic Powers Act (sanctions, export)",
        10,
        "Ten years since Pub. L. 118-50 of April 24, 2024; five years before. What had run out by"
        " then stays so.",
    ),
}
