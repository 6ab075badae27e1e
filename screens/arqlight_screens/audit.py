"""Who did what, when and why, and what came of it; `v` checks that nothing of it was changed since."""

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import BindingType

from arqlight_core.observe import AuditRow, Verification, audit, verify_audit
from arqlight_core.observe.audit import MISSING
from arqlight_screens.arrangement import sorted_rows
from arqlight_screens.audit_entry import CONDITIONS, AuditEntry, said_of
from arqlight_screens.audit_filter import AuditFilter
from arqlight_screens.columns import Column
from arqlight_screens.figures import short_moment
from arqlight_screens.keymap import FILTERING, LEAVING, OPENING, Key, bindings
from arqlight_screens.lines import Line, Part
from arqlight_screens.listing import Listing
from arqlight_screens.sight import Sight

_SHOWN = 300
_PAGES = 20
"""How far a filter looks back: pages of 500 entries."""


def _condition(row: AuditRow, _now: int) -> Part:
    glyph, tone = CONDITIONS.get(row.condition, ("?", "warn"))
    return Part(f"{glyph} {row.condition}", tone)


def _when(row: AuditRow, now_ms: int) -> Part:
    return Part(short_moment(row.at_ms, now_ms), "dim")


def _operation(row: AuditRow, _now: int) -> Part:
    return Part(row.operation.replace("_", "-"), "strong")


_COLUMNS = (
    Column[AuditRow]("when", 11, _when, 1, order=lambda one: one.at_ms),
    Column[AuditRow]("by", 10, lambda one, _: Part(one.actor), 1, 20, order=lambda one: one.actor),
    Column[AuditRow]("did", 11, _operation, 1, 20, order=lambda one: one.operation),
    Column[AuditRow]("to", 16, lambda one, _: Part(one.target), 1, 40, order=lambda one: one.target, ends=True),
    Column[AuditRow]("came to", 11, _condition, 1, 17, order=lambda one: one.condition),
    Column[AuditRow]("jobs", 7, lambda one, _: Part(f"{one.changed:,}"), 4, 11, right=True, order=lambda o: o.changed),
    Column[AuditRow]("why", 12, lambda one, _: Part(one.reason, "dim"), 2, 60, order=lambda one: one.reason),
    Column[AuditRow]("outcome", 20, lambda one, _: Part(one.outcome, "dim"), 3, 120),
)


class Audit(Listing[AuditRow]):
    """The trail, newest first."""

    NAME = "audit"
    FETCH_EVERY = 2.0
    NOTHING: ClassVar[Sequence[Line]] = (
        (Part("   Nothing was done to this fleet yet.", "strong"),),
        (),
        (Part("   Every operation is written down here: who, when, why, and what came of it.", "dim"),),
    )
    KEYS: ClassVar[tuple[Key, ...]] = (
        *OPENING,
        Key("v", "verify", "verify", "check that no entry was changed, removed or put in", hinted=True),
        FILTERING,
    )
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(KEYS), *bindings(LEAVING)]

    def __init__(self) -> None:
        super().__init__()
        self._verified: Line = ()

    def columns(self) -> Sequence[Column[AuditRow]]:
        """What is told of each."""
        return _COLUMNS

    def key_of(self, row: AuditRow) -> str:
        """An entry's place in the trail."""
        return row.id

    async def read(self) -> Sequence[AuditRow]:
        """The newest that the filter lets through; it looks back some thousand entries."""
        wanted = AuditFilter.of(self.filter_text).wanted
        return (await self.room.fleet.observe(audit, wanted, _SHOWN, _PAGES)).rows

    def matching(self) -> Sequence[AuditRow]:
        """By whom, what and where, and by words."""
        terms = AuditFilter.of(self.filter_text)
        found = [row for row in self._rows if terms.matches(row, said_of(row))]
        return sorted_rows(found, self.columns(), self.arrangement)

    def _instead(self) -> Sequence[Line]:
        if self._read and self.filter_text:
            return ((), (Part("   nothing on record matches the filter", "dim"),))
        return super()._instead()

    def row_opened(self, row: AuditRow) -> None:
        """The whole entry."""
        self.room.open(AuditEntry(row))

    def trouble(self, sight: Sight) -> Line:
        """What the last check has found; how to filter, before there was one."""
        del sight
        return self._verified or (Part(" filter by words, or by:ada op:purge queue:crm:message", "dim"),)

    def action_verify(self) -> None:
        """Walk through the chain: that may take a while."""
        self._verified = (Part(" … the chain is being checked", "busy"),)
        self.see_status(self.room.sight)
        self.run_worker(self.shielded(self._verify), group="verify", exclusive=True)

    async def _verify(self) -> None:
        self._verified = ()
        found = await self.room.fleet.observe(verify_audit)
        self._verified = verdict(found, self.now_ms)
        self.see_status(self.room.sight)


def verdict(found: Verification, now_ms: int) -> Line:
    """What a check of the chain has found."""
    if found.broken == MISSING:
        return (Part(f" ✗ the entries after the first {found.entries:,} are missing", "bad"), *_REMEDY)
    if found.broken:
        told = f" ✗ entry {found.broken} does not follow from the one before it; {found.entries:,} before it do"
        return (Part(told, "bad"), *_REMEDY)
    since = f" since {short_moment(found.since_ms, now_ms)}" if found.entries else ""
    return (Part(f" ✓ chain intact: {found.entries:,} entries{since}", "ok"), Part(f"  last hash {found.last}", "dim"))


_REMEDY = (Part("  compare with a backup; see who may write to the server", "strong"),)
