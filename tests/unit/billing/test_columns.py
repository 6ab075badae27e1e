import pytest

from arqlight_jobs.billing.columns import REQUIRED, Column, located, recognise
from arqlight_jobs.tabular.faults import Fault, FileUnusable
from arqlight_jobs.tabular.layout import DELIMITERS


def test_headers_match_without_accents_case_or_spaces() -> None:
    header = [
        "  DATE DE  SERVICE",
        "debut",
        "element_de contexte",
        "Secteur d\N{RIGHT SINGLE QUOTATION MARK}activité",
        "UNITES",
        "#",
        "Grand Total",
    ]
    assert located(header) == {
        Column.DATE: 0,
        Column.START: 1,
        Column.CONTEXT: 2,
        Column.SECTOR: 3,
        Column.UNITS: 4,
        Column.SEQUENCE: 5,
    }


def test_the_first_of_two_like_columns_wins() -> None:
    assert located(["Code", "code"]) == {Column.CODE: 0}


@pytest.mark.parametrize("delimiter", DELIMITERS)
def test_the_delimiter_is_recognised_though_others_stand_in_quotes(delimiter: str) -> None:
    header = delimiter.join(Column)
    row = delimiter.join('"1;2,3|4\t5"' for _ in Column)
    layout = recognise([f"{header}\r\n", f"{row}\r\n", f"{row}\r\n"])
    assert (layout.delimiter, layout.width, layout.positions) == (delimiter, len(Column), list(range(len(Column))))


def test_missing_columns_are_named() -> None:
    with pytest.raises(FileUnusable, match="Code, Doctor Info, Patient, Montant Preliminaire") as problem:
        recognise(["#;Date de Service;Facture\n"])
    assert problem.value.fault is Fault.MISSING_COLUMN


def test_a_column_the_file_lacks_stands_behind_the_last() -> None:
    layout = recognise([f"{';'.join(REQUIRED)};Total\n"])
    assert layout.positions[0] == layout.width == len(REQUIRED) + 1
