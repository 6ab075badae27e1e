"""wp-config.php is gone, and WordPress offers to install itself: the file comes back from the last healthy baseline."""

from arqlight_jobs.healer.changes import Plan, Rewrite
from arqlight_jobs.healer.playbooks.declaration import NotApplicable, Playbook, Scene
from arqlight_jobs.healer.words import SymptomId
from arqlight_jobs.healer.wp_config import WP_CONFIG

PRIVATE_MODE = 0o640


def _put_back(scene: Scene) -> Plan:
    if WP_CONFIG in scene.entries:
        raise NotApplicable(f"{WP_CONFIG} is there; an empty database is for a person to look at.")
    content = scene.kept.get(WP_CONFIG)
    if content is None:
        raise NotApplicable(f"No healthy copy of {WP_CONFIG} is known.")
    return (Rewrite(WP_CONFIG, content, over="", mode=scene.kept_modes.get(WP_CONFIG, PRIVATE_MODE)),)


PB17 = Playbook(
    id="PB17",
    name="Put a lost wp-config.php back",
    treats=(SymptomId.INSTALL_SCREEN,),
    component=WP_CONFIG,
    plan=_put_back,
    reads=(WP_CONFIG,),
)
