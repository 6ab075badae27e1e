"""How a real WordPress falls ill: as it happens to real sites, by files, settings and servers."""

import os
from collections.abc import Callable

from tests.acceptance.real_wordpress import PLUGIN, RealWordPress

Break = Callable[[RealWordPress], None]
HOUR_S = 3600
MOVED = """\
UPDATE wordpress.wp_options SET option_value = 'http://127.0.0.1:9/old' WHERE option_name IN ('home', 'siteurl');
"""


def maintenance(wordpress: RealWordPress) -> None:
    """An update by a plugin of the house was cut off an hour ago; its file never grows old for WordPress."""
    path = wordpress.root / ".maintenance"
    path.write_text("<?php $upgrading = time(); ?>")
    then = path.stat().st_mtime - HOUR_S
    os.utime(path, (then, then))


def plugin(wordpress: RealWordPress) -> None:
    """A plugin calls what is not there."""
    _append(wordpress, PLUGIN, "add_action( 'init', function () { acme_cart_total(); } );\n")


def plugin_half_saved(wordpress: RealWordPress) -> None:
    """A plugin was edited, and half of it was saved."""
    _append(wordpress, PLUGIN, "function acme_cart() {\n\tif ( true ) {\n")


def must_use_plugin(wordpress: RealWordPress) -> None:
    """A must-use plugin requires a file that is gone."""
    _put(wordpress, "wp-content/mu-plugins/house.php", "<?php\nrequire __DIR__ . '/house/rules.php';\n")


def drop_in(wordpress: RealWordPress) -> None:
    """An object cache came along from another server, and PHP's extension for it did not."""
    _put(wordpress, "wp-content/object-cache.php", "<?php\n$house_cache = new Redis();\n")


def memory(wordpress: RealWordPress) -> None:
    """A plugin has come to want more memory than the site has."""
    code = "add_action( 'init', function () { $all = range( 1, 5000000 ); } );\n"
    _append(wordpress, PLUGIN, code)


def address(wordpress: RealWordPress) -> None:
    """The site was moved, and its database still has the old address."""
    wordpress.query(MOVED)


def lost_config(wordpress: RealWordPress) -> None:
    """A hand slipped over FTP."""
    (wordpress.root / "wp-config.php").unlink()


def database_down(wordpress: RealWordPress) -> None:
    """The database was killed for want of memory."""
    wordpress.database.stop()


def php_down(wordpress: RealWordPress) -> None:
    """PHP was killed for want of memory."""
    wordpress.web.stop()


def htaccess_cut_off(wordpress: RealWordPress) -> None:
    """`.htaccess` was edited by hand: a word is misspelt, and its end is gone."""
    path = wordpress.root / ".htaccess"
    path.write_text(path.read_text().replace("RewriteBase /", "RewritBase /").replace("</IfModule>", ""))


def htaccess_emptied(wordpress: RealWordPress) -> None:
    """`.htaccess` has lost WordPress's rules."""
    (wordpress.root / ".htaccess").write_text("# nothing here\n")


def redirect_in_circles(wordpress: RealWordPress) -> None:
    """A redirect in `.htaccess` catches its own target."""
    path = wordpress.root / ".htaccess"
    path.write_text(f"Redirect 301 / /new/\n{path.read_text()}")


def permissions(wordpress: RealWordPress) -> None:
    """A part of the site was uploaded again, by somebody whose files nobody else may read."""
    index = wordpress.root / "index.php"
    _put(wordpress, "index.php", index.read_text())
    index.chmod(0o600)
    (wordpress.root / "wp-includes/images").chmod(0o700)


def core_cut_off(wordpress: RealWordPress) -> None:
    """An upload of the core broke off in the middle of a file."""
    path = wordpress.root / "wp-includes/query.php"
    path.write_text(path.read_text()[:20_000])


def theme(wordpress: RealWordPress) -> None:
    """A snippet was put into the theme in use, and half of it was saved."""
    name = wordpress.run_php("require 'wp-load.php'; echo get_stylesheet();")
    _put(wordpress, f"wp-content/themes/{name}/functions.php", "<?php\nfunction boats() {\n")


def empty_database(wordpress: RealWordPress) -> None:
    """Somebody has emptied the database."""
    wordpress.query("DROP DATABASE wordpress; CREATE DATABASE wordpress;")


def _append(wordpress: RealWordPress, name: str, text: str) -> None:
    path = wordpress.root / name
    path.write_text(path.read_text() + text)


def _put(wordpress: RealWordPress, name: str, text: str) -> None:
    path = wordpress.root / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
