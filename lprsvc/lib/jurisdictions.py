"""Who issues licence plates: own ids, because the two code lists in use contradict each other.

NCIC codes (what law enforcement types) and postal codes (what most software sends) give the same
letters different meanings: NB is Nebraska in one and New Brunswick in the other. Reads, queries
and alerts therefore hold an own id (``US-NE``, ``CA-NB``); codes are mapped at the edges only.
Source of the NCIC codes: the NIEM LISCodeSimpleType enumeration.
"""

from dataclasses import dataclass
from enum import StrEnum


class JurisdictionKind(StrEnum):
    """What sort of issuer; also the grouping of the drop-down."""

    STATE = "U.S. states and D.C."
    TERRITORY = "U.S. territories and associated states"
    FEDERAL = "U.S. Government"
    CANADA = "Canada"
    MEXICO = "Mexico"
    TRIBE = "Tribal nations"
    OTHER = "Other"


@dataclass(frozen=True, slots=True)
class Jurisdiction:
    """One issuer of plates. ``postal`` is empty where there is none."""

    id: str
    name: str
    kind: JurisdictionKind
    ncic: str
    postal: str


_TABLE = """\
US-AL|Alabama|STATE|AL|AL
US-AK|Alaska|STATE|AK|AK
US-AZ|Arizona|STATE|AZ|AZ
US-AR|Arkansas|STATE|AR|AR
US-CA|California|STATE|CA|CA
US-CO|Colorado|STATE|CO|CO
US-CT|Connecticut|STATE|CT|CT
US-DE|Delaware|STATE|DE|DE
US-DC|District of Columbia|STATE|DC|DC
US-FL|Florida|STATE|FL|FL
US-GA|Georgia|STATE|GA|GA
US-HI|Hawaii|STATE|HI|HI
US-ID|Idaho|STATE|ID|ID
US-IL|Illinois|STATE|IL|IL
US-IN|Indiana|STATE|IN|IN
US-IA|Iowa|STATE|IA|IA
US-KS|Kansas|STATE|KS|KS
US-KY|Kentucky|STATE|KY|KY
US-LA|Louisiana|STATE|LA|LA
US-ME|Maine|STATE|ME|ME
US-MD|Maryland|STATE|MD|MD
US-MA|Massachusetts|STATE|MA|MA
US-MI|Michigan|STATE|MI|MI
US-MN|Minnesota|STATE|MN|MN
US-MS|Mississippi|STATE|MS|MS
US-MO|Missouri|STATE|MO|MO
US-MT|Montana|STATE|MT|MT
US-NE|Nebraska|STATE|NB|NE
US-NV|Nevada|STATE|NV|NV
US-NH|New Hampshire|STATE|NH|NH
US-NJ|New Jersey|STATE|NJ|NJ
US-NM|New Mexico|STATE|NM|NM
US-NY|New York|STATE|NY|NY
US-NC|North Carolina|STATE|NC|NC
US-ND|North Dakota|STATE|ND|ND
US-OH|Ohio|STATE|OH|OH
US-OK|Oklahoma|STATE|OK|OK
US-OR|Oregon|STATE|OR|OR
US-PA|Pennsylvania|STATE|PA|PA
US-RI|Rhode Island|STATE|RI|RI
US-SC|South Carolina|STATE|SC|SC
US-SD|South Dakota|STATE|SD|SD
US-TN|Tennessee|STATE|TN|TN
US-TX|Texas|STATE|TX|TX
US-UT|Utah|STATE|UT|UT
US-VT|Vermont|STATE|VT|VT
US-VA|Virginia|STATE|VA|VA
US-WA|Washington|STATE|WA|WA
US-WV|West Virginia|STATE|WV|WV
US-WI|Wisconsin|STATE|WI|WI
US-WY|Wyoming|STATE|WY|WY
US-PR|Puerto Rico|TERRITORY|PR|PR
US-VI|U.S. Virgin Islands|TERRITORY|VI|VI
US-GU|Guam|TERRITORY|GM|GU
US-AS|American Samoa|TERRITORY|AM|AS
US-MP|Mariana Islands|TERRITORY|MK|MP
XT-CG|Caroline Islands|TERRITORY|CG|
XT-CZ|Canal Zone|TERRITORY|CZ|
XT-WK|Wake Island|TERRITORY|WK|
XT-MW|Midway Islands|TERRITORY|MW|
XT-JI|Johnston Island|TERRITORY|JI|
MH|Marshall Islands|TERRITORY|MH|MH
FM|Micronesia|TERRITORY|FS|FM
PW|Palau|TERRITORY|PD|PW
XF-US|United States Government|FEDERAL|US|
CA-AB|Alberta|CANADA|AB|AB
CA-BC|British Columbia|CANADA|BC|BC
CA-MB|Manitoba|CANADA|MB|MB
CA-NB|New Brunswick|CANADA|NK|NB
CA-NL|Newfoundland and Labrador|CANADA|NF|NL
CA-NT|Northwest Territories|CANADA|NT|NT
CA-NS|Nova Scotia|CANADA|NS|NS
CA-ON|Ontario|CANADA|ON|ON
CA-PE|Prince Edward Island|CANADA|PE|PE
CA-QC|Quebec|CANADA|PQ|QC
CA-SK|Saskatchewan|CANADA|SN|SK
CA-YT|Yukon|CANADA|YT|YT
CA-XX|Canada (province unknown)|CANADA|CD|
MX-AGU|Aguascalientes|MEXICO|AG|
MX-BCN|Baja California|MEXICO|BA|
MX-BCS|Baja California Sur|MEXICO|BJ|
MX-CAM|Campeche|MEXICO|CE|
MX-CHP|Chiapas|MEXICO|CI|
MX-CHH|Chihuahua|MEXICO|CH|
MX-COA|Coahuila|MEXICO|CU|
MX-COL|Colima|MEXICO|CL|
MX-CMX|Mexico City|MEXICO|DF|
MX-DUR|Durango|MEXICO|DO|
MX-GUA|Guanajuato|MEXICO|GU|
MX-GRO|Guerrero|MEXICO|GR|
MX-HID|Hidalgo|MEXICO|HL|
MX-JAL|Jalisco|MEXICO|JL|
MX-MEX|México (State)|MEXICO|MX|
MX-MIC|Michoacan|MEXICO|MC|
MX-MOR|Morelos|MEXICO|MR|
MX-NAY|Nayarit|MEXICO|NA|
MX-NLE|Nuevo Leon|MEXICO|NL|
MX-OAX|Oaxaca|MEXICO|OA|
MX-PUE|Puebla|MEXICO|PB|
MX-QUE|Queretaro|MEXICO|QU|
MX-ROO|Quintana Roo|MEXICO|QR|
MX-SLP|San Luis Potosi|MEXICO|SL|
MX-SIN|Sinaloa|MEXICO|SI|
MX-SON|Sonora|MEXICO|SO|
MX-TAB|Tabasco|MEXICO|TB|
MX-TAM|Tamaulipas|MEXICO|TA|
MX-TLA|Tlaxcala|MEXICO|TL|
MX-VER|Veracruz|MEXICO|VC|
MX-YUC|Yucatan|MEXICO|YU|
MX-ZAC|Zacatecas|MEXICO|ZA|
MX-XXX|Mexico (state unknown)|MEXICO|MM|
XN-EE|Absentee Shawnee|TRIBE|EE|
XN-AX|Apache Tribe|TRIBE|AX|
XN-DA|Cheyenne & Arapaho Tribes|TRIBE|DA|
XN-DW|Citizen Band Pottawatomie Tribe|TRIBE|DW|
XN-DP|Comanche Nation|TRIBE|DP|
XN-DL|Devil's Lake Sioux Tribe|TRIBE|DL|
XN-FC|Fond du Lac|TRIBE|FC|
XN-IW|Iowa Tribe|TRIBE|IW|
XN-KK|Kickapoo Tribe|TRIBE|KK|
XN-KW|Kiowa|TRIBE|KW|
XN-LP|Lac du Flambeau Band of Lake Superior Chippewa|TRIBE|LP|
XN-LL|Leech Lake Band of Chippewa|TRIBE|LL|
XN-IX|Menominee|TRIBE|IX|
XN-DS|Miami Tribe|TRIBE|DS|
XN-LC|Mille Lacs|TRIBE|LC|
XN-DT|Muscogee (Creek) Tribe|TRIBE|DT|
XN-OS|Oglala Sioux|TRIBE|OS|
XN-OT|Oneida Tribe of Indians of Wisconsin|TRIBE|OT|
XN-OG|Osage Nation|TRIBE|OG|
XN-OO|Otoe-Missouria Tribe|TRIBE|OO|
XN-PW|Pawnee Tribe|TRIBE|PW|
XN-PN|Ponca Tribe|TRIBE|PN|
XN-RL|Red Lake|TRIBE|RL|
XN-FX|Sac & Fox|TRIBE|FX|
XN-SK|Seminole Nation|TRIBE|SK|
XN-DV|Seneca-Cayuga Tribes|TRIBE|DV|
XN-KP|Shakopee|TRIBE|KP|
XN-UC|Turtle Mtn. Band of Chippewa|TRIBE|UC|
XN-WE|White Earth|TRIBE|WE|
XN-WT|Wichita Tribe|TRIBE|WT|
XN-WD|Wyandotte Tribe|TRIBE|WD|
XX-YY|Other country or issuer|OTHER|YY|
"""


def _parse(line: str) -> Jurisdiction:
    id_, name, kind, ncic, postal = line.split("|")
    return Jurisdiction(id_, name, JurisdictionKind[kind], ncic, postal)


JURISDICTIONS: dict[str, Jurisdiction] = {
    jurisdiction.id: jurisdiction for jurisdiction in map(_parse, _TABLE.splitlines())
}
_BY_NCIC = {j.ncic: j.id for j in JURISDICTIONS.values()}
_BY_POSTAL = {j.postal: j.id for j in JURISDICTIONS.values() if j.postal}
_BY_NAME = {j.name.casefold(): j.id for j in JURISDICTIONS.values()}


class UnknownState(ValueError):
    """The code stands for no issuer of plates that we know."""


def state_id(code: str) -> str:
    """Our id for an own id, a postal code, ``us-pa`` or a full name, in any case.

    Where postal and NCIC codes disagree the postal meaning wins, since that is what camera
    software sends; a code that only NCIC knows (PQ, SN) is taken as NCIC.
    Use `state_id_from_ncic` where the sender is known to use NCIC. Raises UnknownState.
    """
    text = code.strip().upper().replace("_", "-")
    found = (
        (text if text in JURISDICTIONS else None)
        or _BY_POSTAL.get(text)
        or _BY_NCIC.get(text)
        or _BY_NAME.get(code.strip().casefold())
    )
    if found is None:
        raise UnknownState(f"“{code}” is no state or province that issues plates.")
    return found


def state_id_from_ncic(code: str) -> str:
    """Our id for an NCIC licence-state code. Raises UnknownState."""
    found = _BY_NCIC.get(code.strip().upper())
    if found is None:
        raise UnknownState(f"“{code}” is no NCIC licence-state code.")
    return found


def state_name(id_: str) -> str:
    """The name people read for one of our ids."""
    return JURISDICTIONS[id_].name


def state_choices() -> list[tuple[str, list[tuple[str, str]]]]:
    """Grouped choices for a drop-down, in the order an American user looks for them."""
    groups: dict[str, list[tuple[str, str]]] = {kind.value: [] for kind in JurisdictionKind}
    for jurisdiction in sorted(JURISDICTIONS.values(), key=lambda j: j.name):
        groups[jurisdiction.kind.value].append((jurisdiction.id, jurisdiction.name))
    return list(groups.items())
