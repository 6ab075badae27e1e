"""The files of a stand-in site: a small core, plugins and themes, as they were published."""

from pathlib import Path

VERSION = "6.1.9"
PHP_NEEDED = "5.6.20"
PLUGIN_VERSIONS = {"akismet": "5.0.1", "hello": "1.7.2", "acme-shop": "3.4.0"}
UNPUBLISHED = frozenset({"acme-shop"})
"""Plugins of the house's own: nowhere to be had again."""

THEME_VERSIONS = {"twentytwentytwo": "1.3", "twentytwentythree": "1.0", "acme": "2.1"}

BLOCK = """\
# BEGIN WordPress
# The directives (lines) between "BEGIN WordPress" and "END WordPress" are
# dynamically generated, and should only be modified via WordPress filters.
# Any changes to the directives between these markers will be overwritten.
<IfModule mod_rewrite.c>
RewriteEngine On
RewriteRule .* - [E=HTTP_AUTHORIZATION:%{HTTP:Authorization}]
RewriteBase /
RewriteRule ^index\\.php$ - [L]
RewriteCond %{REQUEST_FILENAME} !-f
RewriteCond %{REQUEST_FILENAME} !-d
RewriteRule . /index.php [L]
</IfModule>

# END WordPress
"""

CONFIG = """\
<?php
define( 'DB_NAME', 'wordpress' );
define( 'DB_USER', 'wordpress' );
define( 'DB_PASSWORD', 'correct horse battery' );
define( 'DB_HOST', '{db_host}' );
define( 'DB_CHARSET', 'utf8mb4' );
define( 'AUTH_KEY',         'x|7Qm&k;2$pQd[1rK~h9+Zt)B=Vw8sL4!eN6cU0yTfG' );
define( 'SECURE_AUTH_SALT', 'u^3Rj*w:9]!nXe(5bM@a7-Yp_D?Hs6kF2%oC8vI1zSgLq' );
$table_prefix = 'wp_';
define( 'WP_MEMORY_LIMIT', '64M' );
define( 'WP_DEBUG', false );
/* That's all, stop editing! Happy publishing. */
if ( ! defined( 'ABSPATH' ) ) {{
	define( 'ABSPATH', __DIR__ . '/' );
}}
require_once ABSPATH . 'wp-settings.php';
"""

CORE_NAMES = (
    "wp-activate.php",
    "wp-blog-header.php",
    "wp-comments-post.php",
    "wp-cron.php",
    "wp-links-opml.php",
    "wp-load.php",
    "wp-login.php",
    "wp-mail.php",
    "wp-settings.php",
    "wp-signup.php",
    "wp-trackback.php",
    "xmlrpc.php",
    "wp-admin/admin.php",
    "wp-admin/admin-ajax.php",
    "wp-admin/index.php",
    "wp-admin/install.php",
    "wp-admin/setup-config.php",
    "wp-includes/default-constants.php",
    "wp-includes/functions.php",
    "wp-includes/load.php",
    "wp-includes/option.php",
    "wp-includes/pluggable.php",
    "wp-includes/plugin.php",
    "wp-includes/post.php",
    "wp-includes/query.php",
    "wp-includes/template-loader.php",
    "wp-includes/class-wp.php",
    "wp-includes/class-wpdb.php",
)


def core_files() -> dict[str, str]:
    """The core's files and their content."""
    files = {name: _php(name) for name in CORE_NAMES}
    files["index.php"] = "<?php\ndefine( 'WP_USE_THEMES', true );\nrequire __DIR__ . '/wp-blog-header.php';\n"
    files["wp-includes/version.php"] = (
        f"<?php\n$wp_version = '{VERSION}';\n$wp_db_version = 53496;\n$required_php_version = '{PHP_NEEDED}';\n"
        "$required_mysql_version = '5.0';\n"
    )
    files["wp-includes/images/blank.gif"] = "GIF89a\x01\x00\x01\x00;"
    files["wp-includes/css/dashicons.min.css"] = "@font-face{font-family:dashicons}\n"
    files["readme.html"] = "<!DOCTYPE html><html><head><title>WordPress &#8250; ReadMe</title></head></html>\n"
    files["license.txt"] = "WordPress - Web publishing software\n"
    return files


def plugin_files(slug: str, version: str = "") -> dict[str, str]:
    """A plugin's files, by their paths within wp-content/plugins. Raises KeyError for one that is not published."""
    told = version or PLUGIN_VERSIONS[slug]
    header = f"<?php\n/*\nPlugin Name: {slug.replace('-', ' ').title()}\nVersion: {told}\nAuthor: Acme\n*/\n"
    if slug == "hello":
        return {"hello.php": header + _function("hello_dolly")}
    if slug not in PLUGIN_VERSIONS:
        raise KeyError(slug)
    return {
        f"{slug}/{slug}.php": f"{header}require_once __DIR__ . '/includes/class-{slug}.php';\n{_function(slug)}",
        f"{slug}/includes/class-{slug}.php": "<?php\n" + _function(f"{slug}_class"),
        f"{slug}/readme.txt": f"=== {slug} ===\nStable tag: {told}\n",
    }


def theme_files(slug: str) -> dict[str, str]:
    """A theme's files, by their paths within wp-content/themes. Raises KeyError for one that is not published."""
    header = f"/*\nTheme Name: {slug.title()}\nVersion: {THEME_VERSIONS[slug]}\n*/\nbody {{ margin: 0; }}\n"
    return {
        f"{slug}/style.css": header,
        f"{slug}/functions.php": "<?php\n" + _function(f"{slug}_setup"),
        f"{slug}/index.php": "<?php get_header(); the_content(); get_footer();\n",
    }


def lay_out(root: Path, db_host: str = "localhost") -> None:
    """Make a whole, healthy site in an empty folder: modes as they should be."""
    put_all(root, core_files())
    content = root / "wp-content"
    for slug in PLUGIN_VERSIONS:
        put_all(content / "plugins", plugin_files(slug))
    for slug in THEME_VERSIONS:
        put_all(content / "themes", theme_files(slug))
    put_all(content, {"index.php": "<?php\n// Silence is golden.\n", "uploads/2026/11/boat.jpg": "JFIF a boat\n"})
    put_all(content, {"mu-plugins/house.php": "<?php\n/* Plugin Name: House rules */\n" + _function("house_rules")})
    put_all(root, {"wp-config.php": CONFIG.format(db_host=db_host), ".htaccess": BLOCK})
    (root / "wp-config.php").chmod(0o640)


def put_all(folder: Path, files: dict[str, str]) -> None:
    """Write files with the modes of a well-kept site: 755 for folders, 644 for files."""
    for name, text in files.items():
        put(folder / name, text)


def put(path: Path, text: str) -> None:
    """Write one file, and the folders it needs."""
    missing = [one for one in (path.parent, *path.parent.parents) if not one.exists()]
    for folder in reversed(missing):
        folder.mkdir(exist_ok=True)
        folder.chmod(0o755)
    path.write_bytes(text.encode())
    path.chmod(0o644)


def _php(name: str) -> str:
    return "<?php\n" + _function(name.removesuffix(".php"))


def _function(name: str) -> str:
    word = "".join(sign if sign.isalnum() else "_" for sign in name)
    return f"function {word}() {{\n\treturn '{word}';\n}}\n"
