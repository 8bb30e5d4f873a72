"""The invented streets and addresses, taken into use as any loader's are."""

import hashlib
from collections.abc import Sequence

from ingest.geodata.rows import GeoRow
from ingest.models import GeoDataset, GeoKind, GeoStatus
from ingest.services.geodata import Description, GeoLoad
from lprsvc.example.load.setting import Loading
from lprsvc.example.streets import make_town

_NAME, _VERSION = "example", "1"


def load_streets(loading: Loading) -> None:
    """Streets and addresses around the cameras, where there are none of the example yet."""
    in_use = GeoDataset.objects.filter(name=_NAME, status=GeoStatus.ACTIVE)
    there = set(in_use.values_list("kind", flat=True))
    if there >= set(GeoKind.values):
        return
    town = make_town()
    wanted: dict[GeoKind, Sequence[GeoRow]] = {
        GeoKind.STREETS: [*town.segments, *town.crossings],
        GeoKind.ADDRESSES: town.addresses,
    }
    for kind in wanted.keys() - there:
        _load(loading, kind, wanted[kind])
    loading.say(f"laid out {len(town.segments)} blocks with {len(town.addresses)} addresses")


def _load(loading: Loading, kind: GeoKind, rows: Sequence[GeoRow]) -> None:
    what = Description(
        kind=kind,
        name=_NAME,
        version=_VERSION,
        format="example",
        file="lprsvc.example.streets",
        content_sha256=hashlib.sha256(repr(rows).encode()).digest(),
    )
    GeoLoad(actor=loading.actor, what=what, clock=lambda: loading.now).run(rows)
