"""How a stand-in site falls ill: one way for each symptom, as it happens to real sites."""

import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from arqlight.demo.world.certificates import Authority
from arqlight.demo.world.hook_command import GOOD_CERTIFICATE
from arqlight.demo.world.site_files import put
from arqlight.demo.world.state import World
from arqlight_jobs.healer.words import SymptomId

LONG_AGO = datetime(2020, 6, 1, tzinfo=UTC)
OPEN_BRACE = "function half_written() {\n"
SHOP = "wp-content/plugins/acme-shop"


def maintenance_stuck(world: World) -> None:
    """An update that was cut off, by a plugin that writes the file in its own way."""
    put(world.root / ".maintenance", "<?php $upgrading = time(); ?>")
    _age(world, ".maintenance", 3600)


def db_down(world: World) -> None:
    """The database server is down."""
    world.fault(db="down")


def db_tables(world: World) -> None:
    """A table has crashed."""
    world.change(lambda state: state["db"]["tables"].update(wp_posts="crashed"))


def plugin_fatal(world: World) -> None:
    """The house's own plugin, published nowhere, calls what is not there."""
    _append(world, f"{SHOP}/acme-shop.php", "undefined_cart();\n")


def plugin_corrupt(world: World) -> None:
    """A plugin's file is gone."""
    (world.root / "wp-content/plugins/akismet/includes/class-akismet.php").unlink()


def theme_fatal(world: World) -> None:
    """Somebody has edited the theme and saved half of it."""
    _append(world, "wp-content/themes/acme/functions.php", OPEN_BRACE)


def dropin_fatal(world: World) -> None:
    """A cache's drop-in does not find its server."""
    put(world.root / "wp-content/object-cache.php", "<?php\nconnect_to_cache_server();\n")
    world.fault(cache_server=False)


def muplugin_fatal(world: World) -> None:
    """A must-use plugin calls what is not there."""
    _append(world, "wp-content/mu-plugins/house.php", "undefined_rule();\n")


def core_corrupt(world: World) -> None:
    """A file of the core was cut off in an upload."""
    _append(world, "wp-includes/query.php", OPEN_BRACE)


def wsod(world: World) -> None:
    """White pages: errors are neither shown nor logged."""
    config = world.root / "wp-config.php"
    line = "define( 'WP_DISABLE_FATAL_ERROR_HANDLER', true );\n"
    config.write_text(config.read_text().replace("/* That's all", f"{line}/* That's all", 1))
    world.fault(php_log=False)
    plugin_fatal(world)


def memory(world: World) -> None:
    """A plugin wants more memory than there is."""
    _append(world, f"{SHOP}/acme-shop.php", "allocate_megabytes( 96 );\n")


def memory_hungry(world: World) -> None:
    """It wants more than any playbook gives: the first fix does not help, and is undone before the next one."""
    _append(world, f"{SHOP}/acme-shop.php", "allocate_megabytes( 200 );\n")


def htaccess_corrupt(world: World) -> None:
    """A block of `.htaccess` was cut off, and a word is misspelt."""
    path = world.root / ".htaccess"
    path.write_text(path.read_text().replace("RewriteBase /", "RewritBase /").replace("</IfModule>", ""))


def permalinks_404(world: World) -> None:
    """`.htaccess` was emptied."""
    (world.root / ".htaccess").write_text("# nothing here\n")


def redirect_loop(world: World) -> None:
    """The address of the site was set to one that it does not have."""
    world.option("home", "http://127.0.0.1:9/elsewhere")
    world.option("siteurl", "http://127.0.0.1:9/elsewhere")


def redirect_loop_by_server(world: World) -> None:
    """A redirect in `.htaccess` catches its own target."""
    path = world.root / ".htaccess"
    path.write_text(f"Redirect 301 / /new/\n{path.read_text()}")


def tls_expired(world: World) -> None:
    """Nobody has renewed the certificate; a new one lies ready."""
    authority = _authority(world)
    authority.issue(world.certificate_file, until=LONG_AGO)


def tls_invalid(world: World) -> None:
    """The certificate is for another name; the right one lies ready."""
    authority = _authority(world)
    authority.issue(world.certificate_file, host="other.example")


def disk_full(world: World) -> None:
    """Caches have filled the disk."""
    put(world.root / "wp-content/cache/pages/old.html", "x" * 4096)
    world.fault(quota=1024)


def perms(world: World) -> None:
    """Permissions were taken away from the web server."""
    (world.root / "index.php").chmod(0o600)
    (world.root / "wp-includes/css").chmod(0o700)


def upstream_down(world: World) -> None:
    """PHP does not run."""
    world.fault(upstream=502)


def install_screen(world: World) -> None:
    """wp-config.php is gone."""
    (world.root / "wp-config.php").unlink()


def empty_database(world: World) -> None:
    """The database has no tables."""
    world.change(lambda state: state["db"].update(installed=False))


def php_version(world: World) -> None:
    """PHP is too old."""
    world.fault(php="5.3.29")


def no_mysqli(world: World) -> None:
    """PHP's extension for the database is missing."""
    world.fault(mysqli=False)


def cron_stalled(world: World) -> None:
    """Nobody runs what is due."""
    world.change(lambda state: [event.update(time=event["time"] - 100_000) for event in state["db"]["cron"]])


def defaced(world: World) -> None:
    """An intruder has left another front page."""
    (world.root / "index.php").write_text("<html><body><h1>Hacked by Nobody</h1></body></html>\n")


def malware(world: World) -> None:
    """An intruder has left a way in."""
    put(world.root / "wp-content/uploads/2026/11/x.php", "<?php eval( base64_decode( 'c2xlZXAoMCk7' ) );\n")


def slow(world: World, seconds: float = 1.7) -> None:
    """Expired transients pile up."""
    world.change(lambda state: state["db"].update(expired_transients=250_000))
    world.fault(slow_s=seconds)


def content_regression(world: World) -> None:
    """A cache holds a home page without its posts."""
    world.change(lambda state: state["db"].update(cached_home="<p></p>"))


BREAKS: dict[SymptomId, Callable[[World], None]] = {
    SymptomId.MAINTENANCE_STUCK: maintenance_stuck,
    SymptomId.DB_DOWN: db_down,
    SymptomId.DB_TABLES: db_tables,
    SymptomId.PLUGIN_FATAL: plugin_fatal,
    SymptomId.PLUGIN_CORRUPT: plugin_corrupt,
    SymptomId.THEME_FATAL: theme_fatal,
    SymptomId.DROPIN_FATAL: dropin_fatal,
    SymptomId.MUPLUGIN_FATAL: muplugin_fatal,
    SymptomId.CORE_CORRUPT: core_corrupt,
    SymptomId.WSOD: wsod,
    SymptomId.MEMORY: memory,
    SymptomId.HTACCESS_CORRUPT: htaccess_corrupt,
    SymptomId.PERMALINKS_404: permalinks_404,
    SymptomId.REDIRECT_LOOP: redirect_loop,
    SymptomId.TLS_EXPIRED: tls_expired,
    SymptomId.TLS_INVALID: tls_invalid,
    SymptomId.DISK_FULL: disk_full,
    SymptomId.PERMS: perms,
    SymptomId.UPSTREAM_DOWN: upstream_down,
    SymptomId.INSTALL_SCREEN: install_screen,
    SymptomId.PHP_VERSION: php_version,
    SymptomId.NO_MYSQLI: no_mysqli,
    SymptomId.CRON_STALLED: cron_stalled,
    SymptomId.DEFACED: defaced,
    SymptomId.MALWARE: malware,
    SymptomId.SLOW: slow,
    SymptomId.CONTENT_REGRESSION: content_regression,
}
"""TLS_* must be broken before the site is served, with `wordpress(world, tls=True)`."""


def _authority(world: World) -> Authority:
    authority = Authority.new()
    authority.write(authority_file(world))
    authority.issue(world.root.with_name(world.root.name + GOOD_CERTIFICATE))
    return authority


def authority_file(world: World) -> Path:
    """What clients must trust, after a TLS break."""
    return world.root.with_name(world.root.name + ".authority.pem")


def _append(world: World, name: str, text: str) -> None:
    path = world.root / name
    path.write_text(path.read_text() + text)


def _age(world: World, name: str, seconds: float) -> None:
    path = world.root / name
    moment = path.stat().st_mtime - seconds
    os.utime(path, (moment, moment))
