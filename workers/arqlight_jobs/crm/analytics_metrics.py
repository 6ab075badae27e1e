"""What is summed up of each tenant, one entry for each figure: a query that gives tenant and value of one period.

A figure is declared and nothing else: what has none in a period is 0, or nothing where nothing could be measured.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from sqlalchemy import Column, ColumnElement, Select, Table, case, func, select

from arqlight_jobs.crm.campaigns import CampaignState
from arqlight_jobs.crm.deliveries import Status as DeliveryStatus
from arqlight_jobs.crm.executions import Status as ExecutionStatus
from arqlight_jobs.crm.message_records import Status as MessageStatus
from arqlight_jobs.crm.tables.conversations import ai_usage, conversations, turns
from arqlight_jobs.crm.tables.flows import executions
from arqlight_jobs.crm.tables.messaging import campaigns, messages
from arqlight_jobs.crm.tables.people import suppressions
from arqlight_jobs.crm.tables.webhooks import deliveries, endpoints

Query = Callable[[datetime, datetime], Select[Any, Any]]
"""From the first moment of a period, and the first behind it, to rows of tenant and value."""

SLOW = 95
"""Percent of the answers that came within the wait that is told as slow."""


@dataclass(frozen=True, slots=True)
class Metric:
    """One figure. `otherwise` is its value for a tenant that the query does not name."""

    query: Query
    otherwise: float | None = 0.0


def _within(at: Column[Any], start: datetime, end: datetime) -> tuple[ColumnElement[bool], ...]:
    return at >= start, at < end


def _counted(table: Table, at: Column[Any], *only: ColumnElement[bool]) -> Metric:
    """How many rows have that moment in the period."""
    tenant = table.c.tenant

    def query(start: datetime, end: datetime) -> Select[Any, Any]:
        return select(tenant, func.count()).where(*_within(at, start, end), *only).group_by(tenant)

    return Metric(query)


def _summed(column: Column[Any], *only: ColumnElement[bool]) -> Metric:
    """The sum of what the calls of the period cost."""
    tenant = ai_usage.c.tenant

    def query(start: datetime, end: datetime) -> Select[Any, Any]:
        return select(tenant, func.sum(column)).where(*_within(ai_usage.c.at, start, end), *only).group_by(tenant)

    return Metric(query)


def _mean_wait(start: datetime, end: datetime) -> Select[Any, Any]:
    waits = _waits(start, end).subquery()
    return select(waits.c.tenant, func.avg(waits.c.waited)).group_by(waits.c.tenant)


def _slow_wait(start: datetime, end: datetime) -> Select[Any, Any]:
    """The wait that 95 % of the answers did not exceed: the nearest rank, which every database can tell."""
    waits = _waits(start, end).subquery()
    tenant, waited = waits.c.tenant, waits.c.waited
    place = func.row_number().over(partition_by=tenant, order_by=waited).label("place")
    ranked = select(tenant, waited, place, func.count().over(partition_by=tenant).label("total")).subquery()
    beyond = 100 * ranked.c.place >= SLOW * ranked.c.total
    return select(ranked.c.tenant, func.min(ranked.c.waited)).where(beyond).group_by(ranked.c.tenant)


def _waits(start: datetime, end: datetime) -> Select[Any, Any]:
    answered = turns.join(conversations, conversations.c.id == turns.c.conversation)
    chosen = select(conversations.c.tenant, turns.c.waited).select_from(answered)
    return chosen.where(*_within(turns.c.at, start, end), turns.c.waited.is_not(None))


def _delivered(start: datetime, end: datetime) -> Select[Any, Any]:
    """The share that was taken of the webhooks whose attempts ended in the period."""
    tenant = endpoints.c.tenant
    taken = func.avg(case((deliveries.c.status == DeliveryStatus.DELIVERED, 1.0), else_=0.0))
    ended = deliveries.join(endpoints, endpoints.c.id == deliveries.c.endpoint)
    tried = deliveries.c.status.in_((DeliveryStatus.DELIVERED, DeliveryStatus.FAILED))
    within = _within(deliveries.c.ended_at, start, end)
    return select(tenant, taken).select_from(ended).where(*within, tried).group_by(tenant)


METRICS: Mapping[str, Metric] = MappingProxyType(
    {
        "messages.queued": _counted(messages, messages.c.created_at),
        "messages.sent": _counted(messages, messages.c.sent_at),
        "messages.delivered": _counted(messages, messages.c.delivered_at),
        "messages.read": _counted(messages, messages.c.read_at),
        "messages.failed": _counted(messages, messages.c.ended_at, messages.c.status == MessageStatus.FAILED),
        "campaigns.started": _counted(campaigns, campaigns.c.started_at),
        "campaigns.done": _counted(campaigns, campaigns.c.ended_at, campaigns.c.state == CampaignState.DONE),
        "flows.done": _counted(executions, executions.c.ended_at, executions.c.status == ExecutionStatus.DONE),
        "optouts": _counted(suppressions, suppressions.c.at),
        "ai.tokens_in": _summed(ai_usage.c.tokens_in),
        "ai.tokens_out": _summed(ai_usage.c.tokens_out),
        "ai.seconds_heard": _summed(ai_usage.c.seconds),
        "answers.mean_s": Metric(_mean_wait, None),
        "answers.p95_s": Metric(_slow_wait, None),
        "webhooks.success": Metric(_delivered, None),
    }
)
"""By the name under which it is kept. Seconds for waits, a share from 0 to 1 for success."""
