"""TIGER/Line as the Census Bureau publishes it."""

import zipfile
from pathlib import Path
from typing import Any

import pytest
import shapefile

from ingest.bodies import Malformed
from ingest.cells import mercator_of_degrees
from ingest.geodata.rows import IntersectionRow, SegmentRow
from ingest.geodata.tiger import TigerFiles, merged_range, range_of
from ingest.interpolation import Range

_ADDRFEAT = ("FULLNAME", "LFROMHN", "LTOHN", "RFROMHN", "RTOHN", "PARITYL", "PARITYR", "ROAD_MTFCC")
_EDGES = ("FULLNAME", "LFROMADD", "LTOADD", "RFROMADD", "RTOADD", "MTFCC", "ROADFLG")
A, B, C, D = (-110.90, 46.54), (-110.89, 46.54), (-110.88, 46.54), (-110.89, 46.55)


def write(
    path: Path, records: list[tuple[int, list[Any], dict[str, str]]], names: tuple[str, ...]
) -> Path:
    """A shapefile with these records: TLID, points in degrees, other fields."""
    with shapefile.Writer(str(path), shapeType=shapefile.POLYLINE) as writer:
        writer.field("TLID", "N", 10)
        for name in names:
            writer.field(name, "C", 60)
        for tlid, points, values in records:
            writer.line([points])
            writer.record(tlid, *(values.get(name, "") for name in names))
    return path


def addrfeat(tmp_path: Path, *records: tuple[int, list[Any], dict[str, str]]) -> TigerFiles:
    return TigerFiles([write(tmp_path / "tl_2021_30059_addrfeat.shp", list(records), _ADDRFEAT)])


def split(files: TigerFiles) -> tuple[list[SegmentRow], list[IntersectionRow]]:
    rows = list(files.rows())
    return (
        [row for row in rows if isinstance(row, SegmentRow)],
        [row for row in rows if isinstance(row, IntersectionRow)],
    )


def test_records_of_one_edge_are_merged(tmp_path: Path) -> None:
    [segment], crossings = split(
        addrfeat(
            tmp_path,
            (7, [A, B], {"FULLNAME": "US Hwy 12 E", "LFROMHN": "102", "LTOHN": "100"}),
            (7, [A, B], {"FULLNAME": "E Main St", "LFROMHN": "198", "LTOHN": "104",
                         "RFROMHN": "199", "RTOHN": "101", "ROAD_MTFCC": "S1200"}),
        )
    )  # fmt: skip
    # The local name before the highway's; the two ranges of the left as one.
    assert segment.name == "E Main St"
    assert (segment.left, segment.right) == (Range(198, 100), Range(199, 101))
    assert segment.line == (mercator_of_degrees(*A[::-1]), mercator_of_degrees(*B[::-1]))
    assert segment.key == 7
    assert crossings == []


def test_streets_that_share_an_end_and_no_name_cross_there(tmp_path: Path) -> None:
    _, crossings = split(
        addrfeat(
            tmp_path,
            (1, [A, B], {"FULLNAME": "E Main St"}),
            (2, [B, C], {"FULLNAME": "E Main St"}),
            (3, [D, B], {"FULLNAME": "1st Ave SE"}),
        )
    )
    assert [row.name for row in crossings] == ["1st Ave SE & E Main St"]
    assert (crossings[0].x, crossings[0].y) == mercator_of_degrees(*B[::-1])


def test_one_street_under_two_names_does_not_cross_itself(tmp_path: Path) -> None:
    _, crossings = split(
        addrfeat(
            tmp_path,
            (1, [A, B], {"FULLNAME": "Hwy 360"}),
            (1, [A, B], {"FULLNAME": "Fort Logan Rd"}),
            (2, [B, C], {"FULLNAME": "Hwy 360"}),
        )
    )
    assert crossings == []


def test_a_highway_that_turns_a_corner_leaves_the_corner_a_crossing(tmp_path: Path) -> None:
    _, crossings = split(
        addrfeat(
            tmp_path,
            (1, [A, B], {"FULLNAME": "Main St"}),
            (1, [A, B], {"FULLNAME": "US Hwy 12"}),
            (2, [B, D], {"FULLNAME": "2nd Ave"}),
            (2, [B, D], {"FULLNAME": "US Hwy 12"}),
        )
    )
    assert [row.name for row in crossings] == ["2nd Ave & Main St"]


def test_of_edges_the_roads_are_taken_with_and_without_numbers(tmp_path: Path) -> None:
    path = write(
        tmp_path / "tl_2024_30059_edges.shp",
        [
            (1, [A, B], {"FULLNAME": "I- 90", "MTFCC": "S1100", "ROADFLG": "Y"}),
            (2, [B, C], {"FULLNAME": "Smith River", "MTFCC": "H3010", "ROADFLG": "N"}),
            (3, [B, D], {"FULLNAME": "Oak St", "LFROMADD": "1", "LTOADD": "99", "ROADFLG": "Y"}),
            (4, [C, D], {"FULLNAME": "", "ROADFLG": "Y"}),
        ],
        _EDGES,
    )
    files = TigerFiles([path])
    segments, crossings = split(files)
    assert [(one.name, one.rank, one.left) for one in segments] == [
        ("I- 90", 1, None),
        ("Oak St", 3, Range(1, 99)),
    ]
    assert [row.name for row in crossings] == ["I- 90 & Oak St"]
    assert files.skipped.counts == {"it has no name": 1}


def test_files_come_as_the_census_bureau_packs_them(tmp_path: Path) -> None:
    files = addrfeat(tmp_path, (1, [A, B], {"FULLNAME": "Main St"}))
    packed = tmp_path / "tl_2021_30059_addrfeat.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for part in tmp_path.glob("*.*"):
            if part != packed:
                archive.write(part, part.name)
    unpacked = files.paths[0]
    again = TigerFiles([packed, unpacked])
    segments, _ = split(again)
    assert [one.name for one in segments] == ["Main St", "Main St"]
    assert (again.version(), again.position, again.total) == ("2021", 2, 2)


def test_records_without_a_place_are_left_out_by_name(tmp_path: Path) -> None:
    files = addrfeat(
        tmp_path,
        (1, [A, B], {"FULLNAME": "Main St"}),
        (2, [(0, 0), (0, 0)], {"FULLNAME": "Null Rd"}),
        (3, [(512_000.0, 4_300_000.0), (512_100.0, 4_300_000.0)], {"FULLNAME": "Metre Rd"}),
    )
    assert len(split(files)[0]) == 1
    assert files.skipped.examples == [
        "tl_2021_30059_addrfeat.shp, record 2: the coordinates are 0, 0",
        "tl_2021_30059_addrfeat.shp, record 3: the coordinates are no degrees",
    ]


def test_what_is_no_shapefile_is_named(tmp_path: Path) -> None:
    torn = tmp_path / "torn.zip"
    torn.write_bytes(b"PK\x03\x04 and no more")
    with pytest.raises(Malformed, match=r"torn\.zip is no readable shapefile"):
        list(TigerFiles([torn]).rows())


def test_another_layer_is_refused_with_the_fields_it_has(tmp_path: Path) -> None:
    path = write(tmp_path / "rivers.shp", [(1, [A, B], {"NAME": "Smith"})], ("NAME",))
    with pytest.raises(Malformed, match=r"neither .* ADDRFEAT nor its EDGES.*NAME, TLID"):
        list(TigerFiles([path]).rows())


def test_a_file_that_ends_too_soon_is_named_with_the_record(tmp_path: Path) -> None:
    files = addrfeat(tmp_path, *((n, [A, B, C], {"FULLNAME": "Main St"}) for n in range(50)))
    table = files.paths[0].with_suffix(".dbf")
    table.write_bytes(table.read_bytes()[:-3_000])
    with pytest.raises(Malformed, match=r"addrfeat.shp can't be read after record \d+"):
        list(files.rows())


@pytest.mark.parametrize(
    ("first", "last", "parity", "expected"),
    [
        ("101", "199", "O", Range(101, 199)),
        ("199", "101", "", Range(199, 101)),
        ("1", "98", "", Range(1, 98, 1)),
        ("1", "99", "B", Range(1, 99, 1)),
        ("12-01", "12-99", "O", Range(1, 99, 2, "12-")),
        ("N100", "N198", "E", Range(100, 198, 2, "N")),
        ("12-01", "14-99", "O", None),
        ("A", "B", "", None),
        ("", "", "", None),
        ("101", "", "", None),
    ],
)
def test_range(first: str, last: str, parity: str, expected: Range | None) -> None:
    assert range_of(first, last, parity) == expected


def test_ranges_of_a_side_are_one_range() -> None:
    assert merged_range([]) is None
    assert merged_range([Range(400, 498), Range(501, 505)]) == Range(400, 498)
    assert merged_range([Range(101, 105), Range(107, 199)]) == Range(101, 199)
