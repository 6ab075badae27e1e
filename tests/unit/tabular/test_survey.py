import codecs
from pathlib import Path

import pytest

from arqlight_jobs.billing.columns import Column, known_names
from arqlight_jobs.tabular import faults, survey
from arqlight_jobs.tabular.faults import Fault, FileUnusable
from arqlight_jobs.tabular.survey import Survey

HEADER = ";".join(Column)
TEXT = HEADER + "\r\n" + "1;réunion d'été à l'hôpital, où le médecin a été payé;" * 20 + "\r\n"


def surveyed(path: Path, content: bytes) -> Survey:
    path.write_bytes(content)
    with Survey(path, known_names) as found:
        while found.step():
            pass
    return found


@pytest.mark.parametrize(
    ("encoding", "expected"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("utf-16", "utf-16"),
        ("cp1252", "cp1252"),
        ("mac_roman", "mac_roman"),
        ("cp850", "cp850"),
    ],
)
def test_encodings(tmp_path: Path, encoding: str, expected: str) -> None:
    content = TEXT.encode(encoding)
    found = surveyed(tmp_path / "f", content).encoding()
    assert found == expected or content.decode(found) == TEXT


def test_utf16_of_either_order(tmp_path: Path) -> None:
    content = codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be")
    assert surveyed(tmp_path / "f", content).encoding() == "utf-16"


def test_bytes_of_the_c1_range_mean_cp1252(tmp_path: Path) -> None:
    content = f"{HEADER}\r\n1;le cœur de l\N{RIGHT SINGLE QUOTATION MARK}école\r\n".encode("cp1252")
    assert surveyed(tmp_path / "f", content).encoding() == "cp1252"


def test_bytes_that_cp1252_lacks_leave_latin_1(tmp_path: Path) -> None:
    content = f"{HEADER}\r\n1;".encode("cp1252") + b"\x81\x8d\xe9" * 5 + b"\r\n"
    found = surveyed(tmp_path / "f", content)
    assert found.encoding() != "cp1252"
    assert content.decode(found.encoding())


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_character_may_be_split_between_two_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int, encoding: str
) -> None:
    monkeypatch.setattr(survey, "STEP_BYTES", size)
    found = surveyed(tmp_path / "f", TEXT.encode(encoding))
    assert (found.encoding(), found.rows) == (encoding, 1)


@pytest.mark.parametrize(("ends", "rows"), [("\n", 3), ("\r\n", 3), ("\r", 3)])
def test_rows_are_estimated_from_any_line_ends(tmp_path: Path, ends: str, rows: int) -> None:
    assert surveyed(tmp_path / "f", ends.join([HEADER, "1", "2", "3", ""]).encode()).rows == rows


@pytest.mark.parametrize(
    "content",
    [
        b"a;b\n1;\0\n",
        b"\x89PNG\r\n\x1a\n" + bytes(range(1, 32)) * 3,
        codecs.BOM_UTF16_LE + b"a\0b",
        codecs.BOM_UTF16_LE + b"\x00\xdc\x00\xdc",
        codecs.BOM_UTF16_LE + b"\0\0",
        b"abcdefg;" * 10 + b"\x01",
    ],
)
def test_what_is_not_text(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(FileUnusable) as problem:
        surveyed(tmp_path / "f", content)
    assert problem.value.fault is Fault.NOT_TEXT


def test_one_control_character_in_a_hundred_is_tolerated(tmp_path: Path) -> None:
    assert surveyed(tmp_path / "f", b"a" * 99 + b"\x01").encoding() == "utf-8"


def test_empty_and_oversized_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(FileUnusable, match="empty_file"):
        surveyed(tmp_path / "f", b"")
    monkeypatch.setattr(faults, "MAX_BYTES", 10)
    assert surveyed(tmp_path / "f", b"a" * 10)
    with pytest.raises(FileUnusable, match="over_limits"):
        surveyed(tmp_path / "f", b"a" * 11)
