"""A look at a site from outside, as its visitors have it. A sick site is a result."""

from collections.abc import Iterator
from dataclasses import dataclass

import httpx

from arqlight_core.clock import now
from arqlight_core.errors import Unavailable
from arqlight_core.settings import Settings
from arqlight_jobs.healer.baseline import usual_of
from arqlight_jobs.healer.evidence import Certificate, Evidence, Name, Page, PageName
from arqlight_jobs.healer.fingerprint import score
from arqlight_jobs.healer.health.grading import Reading
from arqlight_jobs.healer.probe import HEALTH_PAGES, guard_of, look
from arqlight_jobs.healer.symptoms import likely, symptoms_of
from arqlight_jobs.healer.words import Site, Symptom


@dataclass(frozen=True, slots=True)
class SiteLook:
    """What a look at a site has found."""

    readings: tuple[Reading, ...]
    symptom: Symptom | None
    """The surest one."""


async def look_at_site(site: Site, client: httpx.AsyncClient, settings: Settings) -> SiteLook:
    """Look at the home page, the login and the REST API. Raises Unavailable when our own resolver is away."""
    outside = await look(site, client, guard_of(settings), HEALTH_PAGES)
    if outside.name.is_ours:
        raise Unavailable("our resolver does not answer", dependency="resolver")
    evidence = Evidence(
        base_url=site.base_url,
        at=now(),
        name=outside.name,
        certificate=outside.certificate,
        pages=outside.pages,
        usual=await usual_of(settings, site.id),
    )
    found = likely(symptoms_of(evidence))
    return SiteLook((*readings_of(evidence), *map(_of_symptom, found)), next(iter(found), None))


def readings_of(evidence: Evidence) -> tuple[Reading, ...]:
    """What was measured, without a judgement."""
    return (
        *(_of_name(evidence.name) if evidence.name else ()),
        *(_of_certificate(evidence.certificate) if evidence.certificate else ()),
        *_of_home(evidence.page(PageName.HOME)),
        Reading("wp_markers", score(evidence.pages)),
        Reading("rest_ok", float(_is_good(evidence.page(PageName.REST)))),
    )


def _of_name(name: Name) -> Iterator[Reading]:
    yield Reading("dns_ms", name.ms)
    if name.problem:
        yield Reading("no_answer", 1, said=f"the home page cannot be had: {name.problem.rstrip('.')}")


def _of_home(home: Page | None) -> Iterator[Reading]:
    if home is None:
        return
    if not home.answered:
        yield Reading("no_answer", 1, said=f"the home page cannot be had: {home.fault.value or 'no answer'}")
        return
    yield Reading("status", home.status)
    yield Reading("redirects", len(home.hops))
    yield Reading("bytes", home.size)
    yield Reading("connect_ms", home.connect_ms)
    yield Reading("ttfb_ms", home.ttfb_ms)
    yield Reading("total_ms", home.total_ms)


def _of_certificate(told: Certificate) -> Iterator[Reading]:
    yield Reading("tls_ms", told.ms)
    if told.days_left is not None:
        yield Reading("tls_days_left", told.days_left)
    if told.expired:
        yield Reading("tls_expired", 1)


def _of_symptom(symptom: Symptom) -> Reading:
    because = f": {symptom.because[0]}" if symptom.because else ""
    return Reading("symptom", 1, said=f"{symptom.fingerprint}{because}")


def _is_good(page: Page | None) -> bool:
    return page is not None and page.good
