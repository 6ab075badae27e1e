"""White pages without a word: errors are logged for one request, so that the cause is known. It heals nothing."""

from datetime import timedelta

from arqlight_jobs.healer.changes import Plan, Provoke, Wait
from arqlight_jobs.healer.playbooks.declaration import NotApplicable, Playbook, Scene
from arqlight_jobs.healer.words import SymptomId, Treatment
from arqlight_jobs.healer.wp_config import WP_CONFIG, with_constants

DEBUG_LOG = "wp-content/debug.log"
SETTLING = timedelta(seconds=3)
"""PHP's opcache looks every two seconds whether a file was changed."""

LOGGED = {"WP_DEBUG": "true", "WP_DEBUG_LOG": "true", "WP_DEBUG_DISPLAY": "false"}


def _log_errors(scene: Scene) -> Plan:
    content = scene.files.get(WP_CONFIG)
    if content is None:
        raise NotApplicable(f"There is no {WP_CONFIG}.")
    # The log is kept before the first visitor can write to it, and so put back only when none can any more.
    kept, told = Provoke((DEBUG_LOG,)), Provoke(())
    return (kept, scene.rewrite(WP_CONFIG, with_constants(content, LOGGED)), Wait(SETTLING), told)


PB09 = Playbook(
    id="PB09",
    name="Have errors logged for a moment",
    treats=(SymptomId.WSOD,),
    plan=_log_errors,
    treatment=Treatment.DIAGNOSE,
    reads=(WP_CONFIG,),
)
