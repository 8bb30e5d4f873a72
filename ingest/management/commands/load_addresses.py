"""`load_addresses PATH …`: address points from CSV or GeoJSON."""

from argparse import ArgumentParser
from typing import Any

from ingest.geodata import addresses
from ingest.geodata.addresses import AddressFiles, Columns
from ingest.geodata.files import GeoFiles, find_files
from ingest.management.geodata import GeoCommand
from ingest.models import GeoKind


class Command(GeoCommand):
    """One data set a run, however many files."""

    help = (
        "Loads address points from CSV or GeoJSON (also .gz, or a .zip with one such file): the"
        " National Address Database, OpenAddresses, a state's E911 points. Their columns are known;"
        " of others, say which is which."
    )
    kind = GeoKind.ADDRESSES
    job = "load_addresses"
    most_skipped = 20

    def add_arguments(self, parser: ArgumentParser) -> None:
        """See `--help`."""
        super().add_arguments(parser)
        columns = parser.add_argument_group("columns", "for files whose columns are not known")
        for name, meaning in (
            ("number", "house number"),
            ("street", "street with its type, as MAIN ST"),
            ("address", "number and street in one, as 115 STATE ST"),
            ("longitude", "degrees east, negative in America"),
            ("latitude", "degrees north"),
        ):
            columns.add_argument(f"--{name}", default="", metavar="COLUMN", help=meaning)
        parser.add_argument("--encoding", default="utf-8", help="of CSV files (default: utf-8)")

    def files(self, options: dict[str, Any]) -> GeoFiles:
        """The files, with the columns that were named."""
        names = ("number", "street", "address", "longitude", "latitude")
        return AddressFiles(
            find_files(options["path"], addresses.SUFFIXES),
            Columns(**{name: options[name] for name in names}),
            options["encoding"],
        )
