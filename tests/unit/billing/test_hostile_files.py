"""Whatever bytes are handed in, a run either completes or is discarded."""

import asyncio

from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from arqlight_core.errors import Discard
from arqlight_core.settings import Settings
from arqlight_jobs.billing.columns import REQUIRED, Column
from tests.billing_files import GOOD, carry_out, submit_bytes

NASTY = (
    *("", '"', '"";', "\r", "\x01", " - ", "٣", "-1", "9" * 30, "0000-00-00", "0001-01-01", "9999-12-31", "00:00"),
    *("23:59", "8859", "19928", "AAAA00000000 - ", "ZZZZ99129999 - X Y", "AAAA01016010 - É É É"),
)
HEADERS = (list(Column), list(REQUIRED), list(reversed(REQUIRED)), [*REQUIRED, Column.DATE, "Total"], ["#", "Facture"])
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "cp1252", "cp850", "utf-16-le", "utf-7")


@st.composite
def tables(draw: st.DrawFn) -> bytes:
    """Something like a billing file, most rows as wide as its header, now and then with junk behind it."""
    header = draw(st.sampled_from(HEADERS))
    mark = draw(st.sampled_from(";,\t|"))
    cells = st.sampled_from([*GOOD.values(), *NASTY]) | st.text(max_size=12)
    whole = st.tuples(*(st.just(GOOD.get(Column(name), "")) | cells if name in GOOD else cells for name in header))
    rows = draw(st.lists(whole | st.lists(cells, max_size=21), max_size=6))
    text = "\n".join(mark.join(row) for row in (header, *rows))
    junk = draw(st.just(b"") | st.binary(max_size=20))
    return text.encode(draw(st.sampled_from(ENCODINGS)), "replace") + junk


@examples(
    max_examples=80,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(content=st.binary(max_size=400) | tables())
def test_hostile_bytes_end_in_a_result_or_a_discard(settings: Settings, content: bytes) -> None:
    asyncio.run(outcome(settings, content))


async def outcome(settings: Settings, content: bytes) -> None:
    request = await submit_bytes(settings, content)
    try:
        totals = await carry_out(settings, request)
    except Discard:
        return
    assert totals["rows"] > 0
