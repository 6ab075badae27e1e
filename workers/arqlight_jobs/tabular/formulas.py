"""Cells that a spreadsheet would carry out when it opens a CSV file: they get an apostrophe in front, which it hides.

The signs are those of OWASP's page on CSV injection. A phone number in E.164 begins with one of them as well, so it
is written `'+15145550123`, which also keeps a spreadsheet from making a number of it.
"""

TEXT = "'"
CARRIED_OUT = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""The last four are the first four in full width, which some spreadsheets read as them."""


def guarded(cell: str) -> str:
    """The cell as text that nothing carries out."""
    return TEXT + cell if cell.startswith(CARRIED_OUT) else cell


def unguarded(cell: str) -> str:
    """What stood in the cell before it was guarded."""
    return cell[1:] if cell.startswith(TEXT) and cell[1:].startswith(CARRIED_OUT) else cell
