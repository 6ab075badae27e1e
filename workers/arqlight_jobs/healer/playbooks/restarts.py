"""What only the owner's hooks can do: a new certificate, PHP or the web server started again."""

from datetime import timedelta

from arqlight_jobs.healer.changes import Change, Hook, Plan, Recheck
from arqlight_jobs.healer.playbooks.declaration import Playbook, Scene
from arqlight_jobs.healer.words import Level, SymptomId

SETTLING = timedelta(seconds=2)
RENEW = "renew_tls"
RESTARTS = ("restart_php", "restart_web")


def _renew(_: Scene) -> Plan:
    return (Hook(RENEW),)


def _restart(scene: Scene) -> Plan:
    hooks = [Hook(name) for name in RESTARTS if name in scene.site.hooks]
    plan: list[Change] = []
    for left, hook in zip(range(len(hooks) - 1, -1, -1), hooks, strict=True):
        plan += [hook, Recheck(left * 2, SETTLING)]
    return tuple(plan)


PB13 = Playbook(
    id="PB13",
    name="Have the certificate renewed",
    treats=(SymptomId.TLS_EXPIRED, SymptomId.TLS_INVALID),
    plan=_renew,
    needs=Level.HOOKS,
    hooks=(RENEW,),
)

PB16 = Playbook(
    id="PB16",
    name="Have PHP or the web server restarted",
    treats=(SymptomId.UPSTREAM_DOWN,),
    plan=_restart,
    needs=Level.HOOKS,
    hooks=RESTARTS,
)
