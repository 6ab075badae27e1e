"""Damaged files of WordPress itself: the same version is fetched again, contents and settings are left alone."""

from arqlight_jobs.healer.changes import Command, Plan
from arqlight_jobs.healer.playbooks.commands import as_word
from arqlight_jobs.healer.playbooks.declaration import NotApplicable, Playbook, Scene
from arqlight_jobs.healer.words import Level, SymptomId

CORE = (
    "wp-admin",
    "wp-includes",
    "index.php",
    "license.txt",
    "readme.html",
    "wp-activate.php",
    "wp-blog-header.php",
    "wp-comments-post.php",
    "wp-config-sample.php",
    "wp-cron.php",
    "wp-links-opml.php",
    "wp-load.php",
    "wp-login.php",
    "wp-mail.php",
    "wp-settings.php",
    "wp-signup.php",
    "wp-trackback.php",
    "xmlrpc.php",
)
"""What a release consists of, without wp-content."""


def _fetch(scene: Scene) -> Plan:
    evidence = scene.evidence
    version = (evidence.commands and evidence.commands.wordpress) or (evidence.tree and evidence.tree.wordpress)
    if not version:
        raise NotApplicable("Which version of WordPress this is cannot be read.")
    words = ("core", "download", f"--version={as_word(version)}", "--skip-content", "--force")
    return (Command(words, touches=CORE),)


PB08 = Playbook(
    id="PB08",
    name="Fetch the same version of WordPress again",
    treats=(SymptomId.CORE_CORRUPT,),
    plan=_fetch,
    needs=Level.COMMANDS,
)
