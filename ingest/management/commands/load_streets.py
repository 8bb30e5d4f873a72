"""`load_streets PATH …`: streets and intersections from TIGER/Line or OpenStreetMap."""

from typing import Any

from ingest.bodies import Malformed
from ingest.geodata import osm, tiger
from ingest.geodata.files import GeoFiles, find_files
from ingest.geodata.osm import OsmFiles
from ingest.geodata.tiger import TigerFiles
from ingest.management.geodata import GeoCommand
from ingest.models import GeoKind


class Command(GeoCommand):
    """One data set a run, however many files."""

    help = (
        "Loads streets with their house numbers and intersections: TIGER/Line ADDRFEAT or EDGES"
        " (.shp, or the .zip as it comes), or OpenStreetMap extracts (.osm.pbf)."
    )
    kind = GeoKind.STREETS
    job = "load_streets"

    def files(self, options: dict[str, Any]) -> GeoFiles:
        """All of one kind: which, their names say."""
        paths = find_files(options["path"], (*tiger.SUFFIXES, *osm.SUFFIXES))
        extracts = [path for path in paths if path.name.lower().endswith(osm.SUFFIXES)]
        if extracts and len(extracts) < len(paths):
            raise Malformed(
                "TIGER/Line and OpenStreetMap are data sets apart: load each by itself."
            )
        return OsmFiles(paths) if extracts else TigerFiles(paths)

    def default_name(self, files: GeoFiles) -> str:
        """That of the format: the next year's files are to take this year's place."""
        return files.format
