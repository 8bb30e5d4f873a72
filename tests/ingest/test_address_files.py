"""Address points in the tables people publish."""

import gzip
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from ingest.bodies import Malformed
from ingest.cells import mercator_of_degrees
from ingest.geodata.addresses import AddressFiles, Columns
from ingest.geodata.files import find_files
from ingest.geodata.rows import AddressRow

# Longitude and latitude of Montpelier.
PLACE = ("-72.580456", "44.262501")


def read(path: Path, content: str | bytes, **changes: Any) -> tuple[list[str], AddressFiles]:
    """The addresses in a file with this content."""
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    files = AddressFiles([path], **changes)
    rows = [row for row in files.rows() if isinstance(row, AddressRow)]
    for row in rows:
        expected = mercator_of_degrees(float(PLACE[1]), float(PLACE[0]))
        assert (row.x, row.y) == pytest.approx(expected, abs=0.01)
    return [row.address for row in rows], files


@pytest.fixture
def table(tmp_path: Path) -> Path:
    return tmp_path / "points.csv"


@pytest.mark.parametrize(
    ("header", "row", "expected"),
    [
        # OpenAddresses.
        ("LON,LAT,NUMBER,STREET,UNIT,CITY,DISTRICT,REGION,POSTCODE,ID,HASH",
         "{0},{1},115,STATE ST,,Montpelier,,VT,05602,1,ab", "115 STATE ST"),
        # The National Address Database, with and without the joined columns.
        (("OID_,AddNum_Pre,Add_Number,AddNum_Suf,AddNo_Full,St_PreMod,St_PreDir,St_PreTyp,St_PreSep,"
         "St_Name,St_PosTyp,St_PosDir,St_PosMod,StNam_Full,State,Longitude,Latitude"),
         "-1,,115,1/2,115 1/2,,North,,,State,Street,,,North State Street,VT,{0},{1}",
         "115 1/2 North State Street"),
        (("OID_,AddNum_Pre,Add_Number,AddNum_Suf,St_PreMod,St_PreDir,St_PreTyp,St_PreSep,"
         "St_Name,St_PosTyp,St_PosDir,St_PosMod,State,Longitude,Latitude"),
         "-1,N,115,,,North,,,State,Street,,,VT,{0},{1}", "N 115 North State Street"),
        # States and counties.
        ("OBJECTID,HOUSE_NUMBER,STREETNAME,POINT_X,POINT_Y", "1,115.0,STATE ST,{0},{1}",
         "115 STATE ST"),
        ("ESITE,ADDRNUM,FULLNAME,X,Y", "1,115,State St,{0},{1}", "115 State St"),
        ("FULLADDR,longitude,latitude", "115 State St,{0},{1}", "115 State St"),
        ("addr:housenumber,addr:street,lng,lat", "115,State St,{0},{1}", "115 State St"),
        ("number;street;lon;lat", "115;State St;{0};{1}", "115 State St"),
        (" number , street ,lon,lat", "115,  State   St ,{0},{1}", "115 State St"),
    ],
)  # fmt: skip
def test_known_columns(table: Path, header: str, row: str, expected: str) -> None:
    found, files = read(table, f"{header}\n{row.format(*PLACE)}\n")
    assert found == [expected]
    assert files.skipped.total == 0


def test_columns_can_be_named(table: Path) -> None:
    content = f"NR,STRASSE,number,OST,NORD\n115,STATE ST,9,{PLACE[0]},{PLACE[1]}\n"
    columns = Columns(number="NR", street="STRASSE", longitude="OST", latitude="NORD")
    assert read(table, content, columns=columns)[0] == ["115 STATE ST"]
    whole = f"WHERE,number,street,x,y\n1 A ST,9,B,{PLACE[0]},{PLACE[1]}\n"
    assert read(table, whole, columns=Columns(address="WHERE"))[0] == ["1 A ST"]


def test_unknown_columns_are_asked_for_by_their_flags(table: Path) -> None:
    with pytest.raises(Malformed) as caught:
        read(table, "a,b,c\n1,2,3\n")
    assert caught.value.message == (
        "points.csv: which column holds the number and the street and the longitude and the"
        " latitude? Say so by --number and --street and --longitude and --latitude; there are"
        " a, b, c."
    )


def test_a_named_column_that_is_not_there_is_said(table: Path) -> None:
    with pytest.raises(Malformed, match="no column NR; it has number, street, lon, lat"):
        read(table, "number,street,lon,lat\n", columns=Columns(number="NR"))


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("115,,{0},{1}", "it has no street"),
        (",STATE ST,{0},{1}", "it has no house number"),
        ("0,STATE ST,{0},{1}", "it has no house number"),
        ("115,STATE ST,,", "it has no coordinates"),
        ("115,STATE ST,west,{1}", "it has no coordinates"),
        ("115,STATE ST,nan,nan", "the coordinates are no degrees"),
        ("115,STATE ST,0,0", "the coordinates are 0, 0"),
        ("115,STATE ST,{1},{0}", "latitude and longitude are swapped"),
        ("115,STATE ST,512345.6,4901234.5", "the coordinates are no degrees"),
        ("115,STATE ST,13.4,52.5", "the coordinates are not where cameras stand"),
    ],
)
def test_a_row_of_no_use_is_left_out_with_line_and_reason(
    table: Path, row: str, reason: str
) -> None:
    good = f"115,STATE ST,{PLACE[0]},{PLACE[1]}"
    found, files = read(table, f"number,street,lon,lat\n{good}\n{row.format(*PLACE)}\n{good}\n")
    assert found == ["115 STATE ST"] * 2
    assert files.skipped.examples == [f"points.csv, line 3: {reason}"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"number,street,lon,lat\n1,A,2\n", "line 2: it has more or fewer fields"),
        (b"number,street,lon,lat\n1,A,2,3,4\n", "line 2: it has more or fewer fields"),
        (b'number,street,lon,lat\n1,"A,2,3', "line 2: no CSV"),
        (b"number,street,lon,lat\n1,A\xff,2,3\n", "line 2: no utf-8 text"),
        (b"number,street,lon,lat\n1," + b"A" * 1_100_000, "line 2: it is longer than"),
        (b"", "which column holds"),
    ],
)
def test_what_is_no_table_is_refused_with_its_line(
    table: Path, content: bytes, message: str
) -> None:
    with pytest.raises(Malformed, match=message):
        read(table, content)


def test_another_encoding_can_be_named(table: Path) -> None:
    content = f"number,street,lon,lat\n1,CAÑON ST,{PLACE[0]},{PLACE[1]}\n".encode("latin-1")
    assert read(table, content, encoding="latin-1")[0] == ["1 CAÑON ST"]
    with pytest.raises(Malformed, match="There is no encoding klingon"):
        read(table, content, encoding="klingon")


def test_a_byte_order_mark_is_no_part_of_the_first_column(table: Path) -> None:
    content = f"\ufeffnumber,street,lon,lat\n1,A ST,{PLACE[0]},{PLACE[1]}\n"
    assert read(table, content)[0] == ["1 A ST"]


def feature(**properties: Any) -> dict[str, Any]:
    place = [float(PLACE[0]), float(PLACE[1])]
    return {
        "type": "Feature",
        "properties": {"number": "115", "street": "STATE ST"} | properties,
        "geometry": {"type": "Point", "coordinates": place},
    }


def test_geojson_a_feature_a_line(tmp_path: Path) -> None:
    lines = [json.dumps(feature()), "", json.dumps(feature(number=117))]
    found, _ = read(tmp_path / "source.geojson", "\n".join(lines))
    assert found == ["115 STATE ST", "117 STATE ST"]


@pytest.mark.parametrize("indent", [None, 2])
def test_geojson_collection(tmp_path: Path, indent: int | None) -> None:
    collection = {
        "type": "FeatureCollection",
        "features": [feature(), feature(street=""), {**feature(), "geometry": None}],
    }
    found, files = read(tmp_path / "points.json", json.dumps(collection, indent=indent))
    assert found == ["115 STATE ST"]
    assert files.skipped.examples == [
        "points.json, feature 2: it has no street",
        "points.json, feature 3: it has no coordinates",
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{\n", "points.geojson, line 1: no JSON"),
        ('{"type":"FeatureCollection","features":[}', "points.geojson: no JSON at line 1, column"),
        ('{"type":"FeatureCollection","features":7}', "are no list"),
        ("[1]", "line 1: it is no GeoJSON feature"),
        ('{"type":"Feature","properties":{"a":1},"geometry":null}', "which column holds"),
    ],
)
def test_what_is_no_geojson_is_refused(tmp_path: Path, content: str, message: str) -> None:
    with pytest.raises(Malformed, match=message):
        read(tmp_path / "points.geojson", content)


def test_packed_files_are_read_without_unpacking(tmp_path: Path) -> None:
    content = f"number,street,lon,lat\n1,A ST,{PLACE[0]},{PLACE[1]}\n"
    packed = gzip.compress(content.encode())
    found, files = read(tmp_path / "points.csv.gz", packed)
    assert found == ["1 A ST"]
    assert (files.position, files.total) == (len(packed), len(packed))
    with zipfile.ZipFile(tmp_path / "NAD_r20.zip", "w") as archive:
        archive.writestr("TXT/NAD_r20.txt", content)
        archive.writestr("TXT/schema.ini", "[x]")
    rows = list(AddressFiles([tmp_path / "NAD_r20.zip"]).rows())
    assert len(rows) == 1


def test_a_zip_with_several_tables_is_refused_naming_them(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "two.zip", "w") as archive:
        archive.writestr("a.csv", "")
        archive.writestr("b.csv", "")
    with pytest.raises(Malformed, match=r"one CSV or GeoJSON file; it holds a\.csv, b\.csv"):
        list(AddressFiles([tmp_path / "two.zip"]).rows())


@pytest.mark.parametrize("name", ["torn.csv.gz", "torn.zip"])
def test_a_torn_file_is_named(tmp_path: Path, name: str) -> None:
    whole = gzip.compress(b"number,street,lon,lat\n" * 9_000)
    with pytest.raises(Malformed, match=f"{name} can't be read"):
        read(tmp_path / name, whole[:-20])


def test_the_same_content_read_otherwise_is_another_load(table: Path) -> None:
    table.write_text("number,street,lon,lat\n")
    plain = AddressFiles([table]).fingerprint()
    assert AddressFiles([table]).fingerprint() == plain
    assert AddressFiles([table], Columns(number="lon")).fingerprint() != plain
    table.write_text("number,street,lon,lat\n\n")
    assert AddressFiles([table]).fingerprint() != plain


class TestFinding:
    """Which files a path means."""

    def test_a_folder_gives_its_files_in_order(self, tmp_path: Path) -> None:
        for name in ("b.csv", "a.csv", "deep/c.CSV", "notes.md"):
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).touch()
        found = find_files([tmp_path, tmp_path / "a.csv"], (".csv",))
        assert [path.name for path in found] == ["a.csv", "b.csv", "c.CSV"]

    def test_what_is_missing_or_of_another_kind_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(Malformed, match="There is no file"):
            find_files([tmp_path / "none.csv"], (".csv",))
        with pytest.raises(Malformed, match=r"holds no file that ends in \.shp or \.zip"):
            find_files([tmp_path], (".shp", ".zip"))
        (tmp_path / "a.pdf").touch()
        with pytest.raises(Malformed, match=r"a\.pdf is no file that ends in \.csv"):
            find_files([tmp_path / "a.pdf"], (".csv",))
