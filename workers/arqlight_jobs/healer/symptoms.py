"""The one table of symptoms: what is done about each, and the pure function that finds it in evidence."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from arqlight_jobs.healer.detection import code, condition, serving
from arqlight_jobs.healer.evidence import Evidence
from arqlight_jobs.healer.words import Symptom, SymptomId, Treatment

Detect = Callable[[Evidence], Iterable[Symptom]]

LIKELY = 0.5
"""The confidence from which a symptom is acted on."""

SURE_OF_AN_INTRUDER = 0.7
"""The confidence from which nothing is touched any more, so that traces stay."""

INTRUSIONS = frozenset({SymptomId.DEFACED, SymptomId.MALWARE})


@dataclass(frozen=True, slots=True)
class Detector:
    """How one symptom is found, and what is done about it."""

    treatment: Treatment
    detect: Detect


_AUTO, _DIAGNOSE, _ESCALATE = Treatment.AUTO, Treatment.DIAGNOSE, Treatment.ESCALATE

TABLE: Mapping[SymptomId, Detector] = MappingProxyType(
    {
        SymptomId.TLS_EXPIRED: Detector(_AUTO, serving.tls_expired),
        SymptomId.TLS_INVALID: Detector(_AUTO, serving.tls_invalid),
        SymptomId.MAINTENANCE_STUCK: Detector(_AUTO, condition.maintenance_stuck),
        SymptomId.INSTALL_SCREEN: Detector(_ESCALATE, condition.install_screen),
        SymptomId.DB_DOWN: Detector(_AUTO, condition.db_down),
        SymptomId.DB_TABLES: Detector(_AUTO, condition.db_tables),
        SymptomId.DISK_FULL: Detector(_AUTO, serving.disk_full),
        SymptomId.PHP_VERSION: Detector(_ESCALATE, code.php_version),
        SymptomId.NO_MYSQLI: Detector(_ESCALATE, code.no_mysqli),
        SymptomId.HTACCESS_CORRUPT: Detector(_AUTO, serving.htaccess_corrupt),
        SymptomId.PERMS: Detector(_AUTO, serving.perms),
        SymptomId.UPSTREAM_DOWN: Detector(_AUTO, serving.upstream_down),
        SymptomId.MEMORY: Detector(_AUTO, code.memory),
        SymptomId.CORE_CORRUPT: Detector(_AUTO, code.core_corrupt),
        SymptomId.DROPIN_FATAL: Detector(_AUTO, code.dropin_fatal),
        SymptomId.MUPLUGIN_FATAL: Detector(_AUTO, code.muplugin_fatal),
        SymptomId.PLUGIN_CORRUPT: Detector(_AUTO, code.plugin_corrupt),
        SymptomId.PLUGIN_FATAL: Detector(_AUTO, code.plugin_fatal),
        SymptomId.THEME_FATAL: Detector(_AUTO, code.theme_fatal),
        SymptomId.DEFACED: Detector(_ESCALATE, condition.defaced),
        SymptomId.MALWARE: Detector(_ESCALATE, condition.malware),
        SymptomId.REDIRECT_LOOP: Detector(_AUTO, serving.redirect_loop),
        SymptomId.PERMALINKS_404: Detector(_AUTO, serving.permalinks_404),
        SymptomId.WSOD: Detector(_DIAGNOSE, code.wsod),
        SymptomId.CONTENT_REGRESSION: Detector(_AUTO, condition.content_regression),
        SymptomId.SLOW: Detector(_AUTO, serving.slow),
        SymptomId.CRON_STALLED: Detector(_AUTO, condition.cron_stalled),
    }
)
"""In the order in which equally sure symptoms are believed: a cause before what it causes."""


def symptoms_of(evidence: Evidence) -> tuple[Symptom, ...]:
    """What is wrong with the site, the surest first."""
    found = [symptom for detector in TABLE.values() for symptom in detector.detect(evidence)]
    return tuple(sorted(found, key=lambda symptom: -symptom.confidence))


def likely(symptoms: Iterable[Symptom]) -> tuple[Symptom, ...]:
    """Those sure enough to be acted on."""
    return tuple(symptom for symptom in symptoms if symptom.confidence >= LIKELY)


def treatment_of(symptom_id: SymptomId) -> Treatment:
    """What is done about a symptom."""
    return TABLE[symptom_id].treatment


def intrusion_in(symptoms: Iterable[Symptom]) -> Symptom | None:
    """The surest trace of an intruder; None without one that is sure enough."""
    sure = [one for one in symptoms if one.id in INTRUSIONS and one.confidence >= SURE_OF_AN_INTRUDER]
    return max(sure, key=lambda symptom: symptom.confidence, default=None)
