"""What makes a file unusable for good: no retry can help, so whatever reads it fails at once with one of these."""

from enum import StrEnum

MAX_BYTES = 50 * 1024 * 1024
MAX_ROWS = 200_000


class Fault(StrEnum):
    """Why a file cannot be used."""

    MISSING = "missing_file"
    EMPTY = "empty_file"
    NOT_TEXT = "not_text"
    MISSING_COLUMN = "missing_column"
    NO_ROWS = "no_data_rows"
    UNREADABLE = "unreadable_csv"
    TOO_LARGE = "over_limits"


class FileUnusable(Exception):
    """The file cannot be used. The sentence names rows and columns, never what stands in a cell."""

    def __init__(self, fault: Fault, sentence: str) -> None:
        super().__init__(f"{fault}: {sentence}")
        self.fault = fault


def check_size(size: int) -> None:
    """Raise FileUnusable when a file of `size` bytes is empty or over the limit."""
    if size == 0:
        raise FileUnusable(Fault.EMPTY, "The file is empty.")
    if size > MAX_BYTES:
        raise FileUnusable(Fault.TOO_LARGE, f"The file is larger than {MAX_BYTES // 1024**2} MB.")
