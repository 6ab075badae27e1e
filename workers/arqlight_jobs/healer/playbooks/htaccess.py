"""`.htaccess`: WordPress's own block is written anew; where that does not help, the whole file makes room for it."""

import re

import httpx

from arqlight_jobs.healer.changes import Change, Command, Plan, Quarantine, Recheck, Rewrite
from arqlight_jobs.healer.playbooks.commands import CORE_ALONE
from arqlight_jobs.healer.playbooks.declaration import NotApplicable, Playbook, Scene
from arqlight_jobs.healer.words import Level, SymptomId
from arqlight_jobs.healer.wp_config import WP_CONFIG, has_true

HTACCESS = ".htaccess"
BEGIN, END = b"# BEGIN WordPress", b"# END WordPress"
_BLOCK = re.compile(rb"^# BEGIN WordPress\b.*?(?:^# END WordPress[^\n]*\n?|\Z)", re.MULTILINE | re.DOTALL)

_PLAIN_PATH = re.compile(r"[\w./~-]*")

RULES = """\
# BEGIN WordPress
# The directives (lines) between "BEGIN WordPress" and "END WordPress" are
# dynamically generated, and should only be modified via WordPress filters.
# Any changes to the directives between these markers will be overwritten.
<IfModule mod_rewrite.c>
RewriteEngine On
RewriteRule .* - [E=HTTP_AUTHORIZATION:%{{HTTP:Authorization}}]
RewriteBase {base}
RewriteRule ^index\\.php$ - [L]
RewriteCond %{{REQUEST_FILENAME}} !-f
RewriteCond %{{REQUEST_FILENAME}} !-d
RewriteRule . {base}index.php [L]
</IfModule>

# END WordPress
"""
"""As WordPress writes them for a single site."""


def _write_block(scene: Scene) -> Plan:
    if has_true(scene.files.get(WP_CONFIG, b""), "MULTISITE"):
        raise NotApplicable("This is a network of sites; its rules in .htaccess are its own.")
    was = scene.files.get(HTACCESS)
    block = rules(scene.site.base_url)
    fresh: tuple[Change, ...] = (Rewrite(HTACCESS, block, over=""),)
    mended = with_block(was or b"", block)
    plan: tuple[Change, ...] = fresh
    if was is not None:
        plan = (Quarantine(HTACCESS), *fresh)
        if mended != was:
            plan = (scene.rewrite(HTACCESS, mended), Recheck(len(plan)), *plan)
    if scene.site.level >= Level.COMMANDS:
        plan = (*plan, Command(("rewrite", "flush", "--hard", *CORE_ALONE), touches=(HTACCESS,), vital=False))
    return plan


def rules(base_url: str) -> bytes:
    """The block for a site at this address. Raises NotApplicable for a path that would need quotes or escapes in it."""
    path = httpx.URL(base_url).path.strip("/")
    if not _PLAIN_PATH.fullmatch(path):
        raise NotApplicable("The site's address has signs in it that rules in .htaccess take for something else.")
    return RULES.format(base=f"/{path}/" if path else "/").encode()


def with_block(content: bytes, block: bytes) -> bytes:
    """The file with this block in the place of its own, or before all else. One without an end goes to the file's."""
    if _BLOCK.search(content):
        first = True

        def once(_: re.Match[bytes]) -> bytes:
            nonlocal first
            told, first = (block if first else b""), False
            return told

        return _BLOCK.sub(once, content)
    return block + (b"\n" + content if content.strip() else b"")


PB11 = Playbook(
    id="PB11",
    name="Write WordPress's rules in .htaccess anew",
    treats=(SymptomId.HTACCESS_CORRUPT, SymptomId.PERMALINKS_404, SymptomId.REDIRECT_LOOP),
    plan=_write_block,
    reads=(HTACCESS, WP_CONFIG),
)
