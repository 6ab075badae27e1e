"""A real WordPress of this machine: Debian's tree, PHP's own web server and a MariaDB, all in a folder of their own."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import httpx

from arqlight_jobs.healer.words import Site
from tests.acceptance.real_web_servers import PHP_LOG, WEB_LOG, WebServer
from tests.acceptance.service import HOST, Service, free_port

SWITCH = "ARQLIGHT_REAL_WORDPRESS"
TREE = Path("/usr/share/wordpress")
PHP, SQL, DUMP, NEW_DATABASE = "php", "mariadb", "mariadb-dump", "mariadb-install-db"
PROGRAMS = (PHP, "mariadbd", SQL, DUMP, NEW_DATABASE)
PACKAGES = "wordpress php-cli php-mysql mariadb-server"

TITLE, PASSWORD = "The boat house", "correct horse battery"
PHRASE = "Welcome to WordPress"
PAGES = ("/", "/wp-login.php", "/wp-json/", "/hello-world/", "/sample-page/", "/wp-includes/images/blank.gif")
PLUGIN = "wp-content/plugins/acme-shop/acme-shop.php"
PLUGIN_CODE = """\
<?php
/*
Plugin Name: Acme Shop
Version: 3.4.0
*/
add_action( 'wp_footer', function () { echo '<!-- a shop -->'; } );
"""
SETTLED = """\
require 'wp-load.php';
require 'wp-admin/includes/admin.php';
activate_plugin( 'acme-shop/acme-shop.php' );
$rewrite = $GLOBALS['wp_rewrite'];
$rewrite->set_permalink_structure( '/%postname%/' );
flush_rewrite_rules();
insert_with_markers( '.htaccess', 'WordPress', explode( "\\n", $rewrite->mod_rewrite_rules() ) );
"""
CONFIGURED = {
    "database_name_here": "wordpress",
    "username_here": "wordpress",
    "password_here": PASSWORD,
    "/* That's all": "define( 'WP_HTTP_BLOCK_EXTERNAL', true );\n\n/* That's all",
}
ACCOUNT = f"""\
CREATE DATABASE wordpress CHARACTER SET utf8mb4;
CREATE USER wordpress@'{HOST}' IDENTIFIED BY '{PASSWORD}';
GRANT ALL ON wordpress.* TO wordpress@'{HOST}';
"""


def missing() -> str:
    """Why none can be had here, and how to get one; '' when it can."""
    lacks = [name for name in PROGRAMS if not shutil.which(name)]
    lacks += [] if (TREE / "wp-load.php").exists() else [str(TREE)]
    told = [f"this machine has no {', '.join(lacks)}: on Debian, `apt-get install {PACKAGES}`"] if lacks else []
    told += [] if os.environ.get(SWITCH) == "1" else [f"{SWITCH}=1 is not set"]
    return f"No real WordPress is healed here, for {', and '.join(told)} (see docs/healer.md)." if told else ""


class RealWordPress:
    """An installed site, its web server and its database."""

    def __init__(self, folder: Path, web_server: WebServer) -> None:
        self.folder = folder
        self.root = folder / "www/site"
        self.logs = (folder / PHP_LOG, folder / WEB_LOG)
        self._login = f"--defaults-file={folder / 'client.cnf'}"
        self.web = web_server(folder, self.root)
        self.url = f"http://{HOST}:{self.web.port}"
        port = free_port()
        self.database = Service.declared(folder / "db", port, self._database_argv(port), {})

    # ------------------------------------------------------------------ made, and made new

    def create(self) -> None:
        """Install it as a person would, and keep what it is then."""
        self._put_files()
        self._put_database()
        self.web.start()
        form = {
            "weblog_title": TITLE,
            "user_name": "admin",
            "admin_password": PASSWORD,
            "admin_password2": PASSWORD,
            "admin_email": "ada@example.com",
        }
        told = httpx.post(f"{self.url}/wp-admin/install.php?step=2", data=form, timeout=60).text
        assert "Success!" in told, told
        self.run_php(SETTLED)
        shutil.copytree(self.root, self.folder / "new")
        with (self.folder / "new.sql").open("wb") as dump:
            subprocess.run((DUMP, self._login, "wordpress"), stdout=dump, check=True)

    def renew(self) -> None:
        """Make it as it was when it was installed, with both servers up."""
        shutil.rmtree(self.root)
        shutil.copytree(self.folder / "new", self.root)
        for log in self.logs:
            log.write_text("")
        self.database.start()
        self.query("DROP DATABASE wordpress; CREATE DATABASE wordpress;")
        with (self.folder / "new.sql").open("rb") as dump:
            subprocess.run((SQL, self._login, "wordpress"), stdin=dump, check=True)
        self.web.stop()
        self.web.start()

    def stop(self) -> None:
        """End its servers."""
        self.web.stop()
        self.database.stop()

    def query(self, sql: str) -> None:
        """Ask its database to do something."""
        subprocess.run((SQL, self._login), input=sql, text=True, check=True)

    def run_php(self, code: str) -> str:
        """Run code in its folder."""
        return subprocess.check_output((PHP, "-r", code), cwd=self.root, text=True)

    # ------------------------------------------------------------------ as its owner and its visitors know it

    def site(self, *, logged: bool = True) -> Site:
        """The site as it is registered: its folder and its owner's hooks, no wp-cli; its logs only if `logged`."""
        hooks = {
            "restart_php": self.web.hook(),
            "restart_db": self.database.hook(),
            "db_dump": (DUMP, self._login, "wordpress"),
            "db_restore": (SQL, self._login, "wordpress"),
        }
        return Site(
            "boats",
            "boats",
            self.url,
            root=self.root,
            hooks=hooks,
            logs=self.logs if logged else (),
            key_phrase=PHRASE,
            samples=("/hello-world/", "/sample-page/"),
        )

    def faults(self) -> Mapping[str, str]:
        """What is wrong with it for its visitors, by path: pages that do not come, and an owner who cannot log in."""
        told = {path: self._fault(path) for path in PAGES}
        login = {"log": "admin", "pwd": PASSWORD, "testcookie": "1"}
        cookies = {"wordpress_test_cookie": "WP Cookie check"}
        answer = httpx.post(f"{self.url}/wp-login.php", data=login, cookies=cookies, timeout=60)
        if answer.headers.get("location") != f"{self.url}/wp-admin/":
            told["login"] = f"{answer.status_code} {answer.headers} {answer.text[-500:]}"
        return {path: fault for path, fault in told.items() if fault}

    def _fault(self, path: str) -> str:
        answer = httpx.get(self.url + path, timeout=60)
        lacks = path == "/" and PHRASE not in answer.text
        return f"{answer.status_code} {answer.text[-500:]}" if not answer.is_success or lacks else ""

    # ------------------------------------------------------------------ its parts

    def _put_files(self) -> None:
        shutil.copytree(TREE, self.root)
        content = self.root / "wp-content"
        if not (content / "themes").exists():
            shutil.copytree("/var/lib/wordpress/wp-content", content, dirs_exist_ok=True)
        config = (self.root / "wp-config-sample.php").read_text()
        for told, meant in {**CONFIGURED, "localhost": f"{HOST}:{self.database.port}"}.items():
            config = config.replace(told, meant)
        (self.root / "wp-config.php").unlink(missing_ok=True)
        (self.root / "wp-config.php").write_text(config)
        (self.root / PLUGIN).parent.mkdir()
        (self.root / PLUGIN).write_text(PLUGIN_CODE)

    def _put_database(self) -> None:
        data = self.folder / "db/data"
        options = (f"--datadir={data}", "--skip-test-db", "--auth-root-authentication-method=normal", *_as_root())
        subprocess.check_output((NEW_DATABASE, "--no-defaults", *options))
        self.database.start()
        socket = f"--socket={self.folder / 'db/socket'}"
        subprocess.run((SQL, "--no-defaults", socket, "-uroot"), input=ACCOUNT, text=True, check=True)
        told = f"[client]\nhost={HOST}\nport={self.database.port}\nuser=wordpress\npassword='{PASSWORD}'\n"
        (self.folder / "client.cnf").write_text(told)

    def _database_argv(self, port: int) -> tuple[str, ...]:
        folder = self.folder / "db"
        places = (
            f"--datadir={folder / 'data'}",
            f"--socket={folder / 'socket'}",
            f"--pid-file={folder / 'mariadb.pid'}",
        )
        return ("mariadbd", "--no-defaults", *places, f"--port={port}", f"--bind-address={HOST}", *_as_root())


def _as_root() -> tuple[str, ...]:
    """MariaDB runs as root only when it is told to."""
    return ("--user=root",) if os.getuid() == 0 else ()
