"""What serves a real WordPress: PHP's own web server, or Apache, which heeds `.htaccess` and is not root."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path

from tests.acceptance.service import HOST, Service, free_port

WebServer = Callable[[Path, Path], Service]
PHP_LOG, WEB_LOG = "php.log", "web.log"
MODULES = Path("/usr/lib/apache2/modules")
LOADED = ("mpm_prefork", "authz_core", "alias", "dir", "mime", "rewrite")
ROUTER = """\
<?php
// What is there is given as it is, all else goes to WordPress: as Apache does by the rules in .htaccess.
$file = $_SERVER['DOCUMENT_ROOT'] . parse_url( $_SERVER['REQUEST_URI'], PHP_URL_PATH );
if ( is_file( $file ) || is_file( "$file/index.php" ) ) {
	return false;
}
$_SERVER['SCRIPT_NAME'] = '/index.php';
require $_SERVER['DOCUMENT_ROOT'] . '/index.php';
"""
APACHE = """\
ServerRoot {folder}
ServerName {host}
PidFile {folder}/apache.pid
Listen {host}:{port}
User www-data
Group www-data
StartServers 4
{modules}
{settings}
ErrorLog {folder}/{log}
TypesConfig /etc/mime.types
DocumentRoot {root}
DirectoryIndex index.php index.html
<Directory {root}>
	AllowOverride All
	Require all granted
</Directory>
<FilesMatch "\\.php$">
	SetHandler application/x-httpd-php
</FilesMatch>
"""


def php_server(folder: Path, root: Path) -> Service:
    """PHP's own web server, as the user that we are. It knows nothing of `.htaccess`."""
    router, port = folder / "router.php", free_port()
    router.write_text(ROUTER)
    settings = [word for name, value in _settings(folder).items() for word in ("-d", f"{name}={value}")]
    argv = ("php", *settings, "-S", f"{HOST}:{port}", "-t", str(root), str(router))
    return Service.declared(folder / "web", port, argv, {"PHP_CLI_SERVER_WORKERS": "4"})


def apache(folder: Path, root: Path) -> Service:
    """Apache with PHP in it. Where we are root it is not, and may read only what everybody may."""
    port, settings = free_port(), _settings(folder).items()
    folder.chmod(0o755)
    told = APACHE.format(
        folder=folder,
        root=root,
        host=HOST,
        port=port,
        log=WEB_LOG,
        modules="\n".join(
            [f"LoadModule {name}_module {MODULES}/mod_{name}.so" for name in LOADED]
            + [f"LoadModule php_module {path}" for path in _php_modules()]
        ),
        settings="\n".join(f"php_value {name} {value}" for name, value in settings),
    )
    (folder / "apache.conf").write_text(told)
    started = f"rm -f {folder}/apache.pid && exec apache2 -DFOREGROUND -f {folder}/apache.conf"
    return Service.declared(folder / "web", port, ("sh", "-c", started), {})


def has_apache() -> bool:
    """Whether Apache is there, and PHP in it."""
    return os.access("/usr/sbin/apache2", os.X_OK) and bool(_php_modules())


def _php_modules() -> list[Path]:
    return sorted(MODULES.glob("libphp*.so"))[-1:]


def _settings(folder: Path) -> Mapping[str, object]:
    """As hosts have them: errors are logged, not shown."""
    log = folder / PHP_LOG
    log.touch()
    log.chmod(0o666)
    return {"error_log": log, "log_errors": 1, "display_errors": 0, "memory_limit": "128M"}
