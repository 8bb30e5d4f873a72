"""The one address of all maps. It holds no plate and shows no read, so it is not an event."""

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.views.decorators.http import require_GET

from ingest.maps.blocks import TileUnavailable
from ingest.maps.sources import get_source
from ingest.maps.tiles import find_tile
from lprsvc.lib.access import any_person
from lprsvc.lib.errors import NotFound

# For one's own browser alone: what a shared proxy keeps shows where people looked.
_KEEP_A_DAY = "private, max-age=86400"


@require_GET
@any_person("a map says nothing of any read")
def map_tile(request: HttpRequest, source: str, z: int, x: int, y: int) -> HttpResponseBase:  # noqa: ARG001
    """One square of a map, of a source that stands in the settings."""
    try:
        tile = find_tile(get_source(source), z, x, y)
    except NotFound as error:
        raise Http404 from error
    except TileUnavailable as error:
        # A page for people would be drawn for each of the map's fifty squares.
        return HttpResponse(error.message, status=error.status, content_type="text/plain")
    if tile is None:
        return _kept(HttpResponse(status=404, content_type="text/plain"))
    return _kept(HttpResponse(tile.content, content_type=tile.content_type))


def _kept(response: HttpResponse) -> HttpResponse:
    response.headers["Cache-Control"] = _KEEP_A_DAY
    return response
