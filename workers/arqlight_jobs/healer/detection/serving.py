"""Symptoms of what stands before WordPress: the web server, permissions, redirects, certificates, and the disk."""

from collections.abc import Iterator

from arqlight_jobs.healer.detection.reading import (
    FORBIDDEN,
    NOT_FOUND,
    SERVER_ERROR,
    by_wordpress,
    fatals,
    home,
    is_broken,
    notes,
    pages,
    symptom,
    told,
)
from arqlight_jobs.healer.evidence import Disk, Evidence, Fault, NoteKind, PageName
from arqlight_jobs.healer.words import Symptom, SymptomId

GATEWAY = (502, 503, 504)
SLOW_MS, VERY_SLOW_MS = 1500.0, 4000.0
TIMES_USUAL, NOTICEABLE_MS = 3.0, 500.0
FREE_SHARE, FREE_BYTES, SMALL_DISK = 0.01, 100 * 1024 * 1024, 1024 * 1024 * 1024
UNREACHED = {Fault.REFUSED: 0.9, Fault.TIMEOUT: 0.8, Fault.BROKEN: 0.7}


def htaccess_corrupt(evidence: Evidence) -> Iterator[Symptom]:
    """The web server refuses `.htaccess`: everything fails, files too."""
    static = evidence.page(PageName.STATIC)
    answered = [page for page in evidence.pages if page.answered]
    if not static or static.status != SERVER_ERROR or any(by_wordpress(page) for page in answered):
        return
    if any(page.status < SERVER_ERROR for page in answered):
        return
    problems = evidence.tree.htaccess.problems if evidence.tree and evidence.tree.htaccess else ()
    logged = notes(evidence, NoteKind.HTACCESS)
    because = "Every address fails, those of plain files too, and not by WordPress."
    sure = 0.97 if problems or logged else 0.6 if evidence.tree is None or evidence.tree.htaccess else 0.2
    yield symptom(SymptomId.HTACCESS_CORRUPT, sure, because, *problems[:3], *(note.line for note in logged[:1]))


def permalinks_404(evidence: Evidence) -> Iterator[Symptom]:
    """The home page is well, and the web server does not find the pages behind it."""
    front = home(evidence)
    behind = list(pages(evidence, PageName.SAMPLE_1, PageName.SAMPLE_2)) or list(pages(evidence, PageName.REST))
    lost = [page for page in behind if page.status == NOT_FOUND and not by_wordpress(page)]
    if not front or not front.good or not behind or len(lost) < len(behind):
        return
    because = f"The web server itself says that {lost[0].name} is not there."
    access = evidence.tree.htaccess if evidence.tree else None
    if evidence.tree and not (access and access.rewrites):
        yield symptom(SymptomId.PERMALINKS_404, 0.95, because, "`.htaccess` sends nothing to WordPress.")
    else:
        yield symptom(SymptomId.PERMALINKS_404, 0.5 if evidence.tree else 0.7, because)


def redirect_loop(evidence: Evidence) -> Iterator[Symptom]:
    """Redirects lead in a circle, or away from the site."""
    front = evidence.page(PageName.HOME)
    if front is None:
        return
    by = "WordPress" if any(hop.by_wordpress for hop in front.hops) else "the web server"
    told_by = _addresses(evidence)
    if front.looped:
        yield symptom(SymptomId.REDIRECT_LOOP, 0.95, f"The home page leads in a circle, by {by}.", *told_by)
    elif front.hops and not front.good and _host(front.url) != _host(evidence.base_url):
        because = f"The home page leads away, by {by}, to where nothing good is."
        yield symptom(SymptomId.REDIRECT_LOOP, 0.9 if told_by else 0.8, because, *told_by)
    elif told_by and any(hop.by_wordpress for hop in front.hops):
        yield symptom(SymptomId.REDIRECT_LOOP, 0.5, *told_by)


def tls_expired(evidence: Evidence) -> Iterator[Symptom]:
    """The certificate has run out."""
    if evidence.certificate and evidence.certificate.expired:
        ended = evidence.certificate.not_after
        yield symptom(SymptomId.TLS_EXPIRED, 1.0, f"The certificate ended on {ended:%Y-%m-%d}." if ended else "")


def tls_invalid(evidence: Evidence) -> Iterator[Symptom]:
    """Browsers refuse the certificate for another reason."""
    if evidence.certificate and evidence.certificate.problem and not evidence.certificate.expired:
        yield symptom(SymptomId.TLS_INVALID, 0.95, f"The certificate is refused: {evidence.certificate.problem}.")


def disk_full(evidence: Evidence) -> Iterator[Symptom]:
    """Nothing more can be written."""
    logged = notes(evidence, NoteKind.NO_SPACE)
    because = _scarce(evidence.disk) if evidence.disk else ""
    broken = is_broken(evidence)
    if because:
        yield symptom(SymptomId.DISK_FULL, 0.97 if logged else 0.85 if broken else 0.6, because)
    elif logged:
        sure = 0.85 if broken else 0.4
        yield symptom(SymptomId.DISK_FULL, sure, f"{logged[0].source} says that no space is left.")


def perms(evidence: Evidence) -> Iterator[Symptom]:
    """Permissions keep the web server or PHP out."""
    forbidden = [page for page in pages(evidence, PageName.HOME, PageName.STATIC) if page.status == FORBIDDEN]
    refused = [page for page in forbidden if not by_wordpress(page)]
    closed = [one for one in (evidence.tree.wrong_modes if evidence.tree else ()) if not one.mode & 0o002]
    failed = [fatal for fatal in fatals(evidence) if "Permission denied" in fatal.message]
    logged = bool(notes(evidence, NoteKind.PERMISSION))
    because = [f"The web server may not show {page.name}." for page in refused] + [told(one) for one in failed[:1]]
    because += [f"{closed[0].path or 'The folder'} has the permissions {closed[0].mode:o}."] if closed else []
    if refused:
        sure = 0.97 if closed else 0.8 if logged else 0.6 if evidence.usual else 0.4  # it used to be shown
        yield symptom(SymptomId.PERMS, sure, *because)
    elif failed and is_broken(evidence):
        yield symptom(SymptomId.PERMS, 0.96 if closed else 0.7, *because)


def upstream_down(evidence: Evidence) -> Iterator[Symptom]:
    """Nobody answers, or only a proxy does."""
    front = evidence.page(PageName.HOME)
    if front is None:
        return
    if front.fault in UNREACHED and not front.hops:
        yield symptom(SymptomId.UPSTREAM_DOWN, UNREACHED[front.fault], f"The home page: {front.fault}.")
    elif front.status in GATEWAY and not by_wordpress(front) and "retry-after" not in front.headers:
        yield symptom(SymptomId.UPSTREAM_DOWN, 0.9, f"A proxy answers for the site, with {front.status}.")


def slow(evidence: Evidence) -> Iterator[Symptom]:
    """The home page takes long to begin."""
    front = home(evidence)
    if front is None or not front.good:
        return
    usual = evidence.usual.ttfb_ms.get(PageName.HOME, 0.0) if evidence.usual else 0.0
    because = f"The home page begins after {front.ttfb_ms / 1000:.1f} s."
    if front.ttfb_ms >= SLOW_MS:
        yield symptom(SymptomId.SLOW, 0.85 if front.ttfb_ms >= VERY_SLOW_MS else 0.7, because)
    elif usual and front.ttfb_ms > max(TIMES_USUAL * usual, NOTICEABLE_MS):
        yield symptom(SymptomId.SLOW, 0.5, because, f"It used to take {usual / 1000:.1f} s.")


def _addresses(evidence: Evidence) -> list[str]:
    """What WordPress takes for its address, where that is another one."""
    commands, config = evidence.commands, evidence.tree.config if evidence.tree else None
    known = (
        ("home", (commands.home if commands else None) or (config.home if config else "")),
        ("siteurl", (commands.siteurl if commands else None) or (config.siteurl if config else "")),
    )
    return [f"Its {name} is {url}." for name, url in known if url and _plain(url) != _plain(evidence.base_url)]


def _plain(url: str) -> str:
    return url.strip().rstrip("/").lower()


def _host(url: str) -> str:
    return url.partition("://")[2].partition("/")[0].lower()


def _scarce(disk: Disk) -> str:
    little = disk.free_bytes < FREE_SHARE * disk.total_bytes
    few = disk.total_inodes and disk.free_inodes < FREE_SHARE * disk.total_inodes
    if little or (disk.free_bytes < FREE_BYTES and disk.total_bytes > SMALL_DISK):
        return f"{disk.free_bytes // (1024 * 1024)} MB are free on the disk."
    return "The disk has no names left for more files." if few else ""
