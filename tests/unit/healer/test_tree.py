"""The facts of a folder: what is installed, what is wrong with it, and nothing from outside of it."""

from datetime import timedelta
from pathlib import Path

import pytest

from arqlight.demo.world import breaking
from arqlight.demo.world.site_files import BLOCK, put
from arqlight_core.clock import now
from arqlight_jobs.healer.config_reading import read_config
from arqlight_jobs.healer.disk import disk_of
from arqlight_jobs.healer.evidence import Tree, WrongMode
from arqlight_jobs.healer.gathering import address_of
from arqlight_jobs.healer.htaccess_reading import read_htaccess
from arqlight_jobs.healer.tree import tree_of
from tests.unit.healer.sick_sites import a_world


def tree_at(root: Path) -> Tree:
    return tree_of(root, now())


def test_a_healthy_folder_is_described_and_nothing_is_wrong(tmp_path: Path):
    tree = tree_at(a_world(tmp_path).root)
    assert (tree.wordpress, tree.php_needed) == ("6.1.9", "5.6.20")
    assert {one.slug: one.version for one in tree.plugins} == {
        "acme-shop": "3.4.0",
        "akismet": "5.0.1",
        "hello": "1.7.2",
    }
    assert [one.entry for one in tree.plugins] == ["acme-shop/acme-shop.php", "akismet/akismet.php", "hello.php"]
    assert {one.slug for one in tree.themes} == {"acme", "twentytwentytwo", "twentytwentythree"}
    assert tree.muplugins == ("wp-content/mu-plugins/house.php",)
    assert tree.config is not None
    assert (tree.config.memory_limit, tree.config.db_host) == ("64M", "localhost")
    assert tree.htaccess is not None
    assert tree.htaccess.rewrites
    assert (tree.wrong_modes, tree.core_missing, tree.uploaded_php, tree.suspicious) == ((), (), (), ())
    assert (tree.foreign_index, tree.leaving_links, tree.truncated) == ("", (), False)


def test_no_secret_of_the_configuration_gets_into_the_facts(tmp_path: Path):
    told = str(tree_at(a_world(tmp_path).root))
    assert "correct horse battery" not in told
    assert "x|7Qm" not in told


def test_links_out_of_the_site_are_noted_and_never_followed(tmp_path: Path):
    world = a_world(tmp_path)
    outside = tmp_path / "outside"
    put(outside / "evil.php", "<?php eval( base64_decode( 'x' ) );\n")
    (world.root / "wp-content/uploads/link").symlink_to(outside)
    (world.root / "wp-content/plugins/evil").symlink_to(outside)
    (world.root / "wp-content/uploads/loop").symlink_to(world.root)
    (world.root / ".htaccess").unlink()
    (world.root / ".htaccess").symlink_to("/etc/passwd")
    tree = tree_at(world.root)
    assert sorted(tree.leaving_links) == [".htaccess", "wp-content/plugins/evil", "wp-content/uploads/link"]
    assert (tree.suspicious, tree.uploaded_php, tree.htaccess) == ((), (), None)


def test_permissions_that_keep_the_server_out_or_let_everybody_in_are_found(tmp_path: Path):
    world = a_world(tmp_path)
    breaking.perms(world)
    (world.root / "wp-content/uploads").chmod(0o777)
    assert sorted(tree_at(world.root).wrong_modes, key=lambda one: one.path) == [
        WrongMode("index.php", 0o600),
        WrongMode("wp-content/uploads", 0o777),
        WrongMode("wp-includes/css", 0o700),
    ]


def test_code_among_uploads_and_code_that_hides_is_found(tmp_path: Path):
    world = a_world(tmp_path)
    breaking.malware(world)
    put(world.root / "wp-content/uploads/index.php", "<?php\n// Silence is golden.\n")
    put(world.root / "wp-content/uploads/quiet.php", "#" * 500)
    put(world.root / "wp-content/uploads/loud.php", "<?php echo 1;\n")
    tree = tree_at(world.root)
    assert sorted(tree.uploaded_php) == ["wp-content/uploads/2026/11/x.php", "wp-content/uploads/loud.php"]
    assert tree.suspicious == ("wp-content/uploads/2026/11/x.php",)


@pytest.mark.parametrize(
    ("text", "started"),
    [("<?php $upgrading = 1700000000; ?>", 1_700_000_000), ("<?php $upgrading = time(); ?>", None), ("", None)],
)
def test_a_maintenance_file_is_read_not_run(tmp_path: Path, text: str, started: int | None):
    root = a_world(tmp_path).root
    put(root / ".maintenance", text)
    maintenance = tree_of(root, now() + timedelta(hours=1)).maintenance
    assert maintenance is not None
    assert maintenance.started == started
    assert 3500 < maintenance.age_s < 3700


def test_a_front_page_in_wordpress_s_place_is_found(tmp_path: Path):
    world = a_world(tmp_path)
    put(world.root / "index.html", "<h1>Soon</h1>")
    assert tree_at(world.root).foreign_index == "index.html"
    breaking.defaced(world)
    assert tree_at(world.root).foreign_index == "index.php"


def test_an_empty_folder_lacks_its_core(tmp_path: Path):
    tree = tree_at(tmp_path)
    assert "wp-load.php" in tree.core_missing
    assert (tree.config, tree.htaccess, tree.plugins) == (None, None, ())


# ------------------------------------------------------------------ .htaccess, wp-config.php, the disk


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (BLOCK.replace("</IfModule>", ""), "<IfModule> is not closed."),
        (BLOCK.replace("RewriteBase", "RewritBase"), "'RewritBase' is no directive of Apache."),
        (BLOCK.replace("[L]\n</", "[L\n</"), "'RewriteRule . /index.php [L' has bad flags."),
        ("</Files>\n", "'</Files>' closes what is not open."),
        ("RewriteRule\n", "'RewriteRule' has no target."),
        ("<VirtualHost *>\n", "'<VirtualHost *>' may not stand here."),
        ("<<<<<<< HEAD\n", "'<<<<<<< HEAD' is no section."),
    ],
)
def test_what_apache_would_refuse_is_told(text: str, problem: str):
    assert problem in read_htaccess(text).problems


def test_a_good_htaccess_has_no_problem_and_its_own_redirects_are_told():
    text = f"Options -Indexes\n<Files x>\nRequire all denied\n</Files>\nRedirect 301 /a \\\n /b\n{BLOCK}"
    found = read_htaccess(text)
    assert (found.problems, found.has_block, found.rewrites) == ((), True, True)
    assert found.redirects == ("Redirect 301 /a  /b",)


def test_constants_are_read_as_php_would():
    config = read_config(
        "<?php\n// define('WP_DEBUG', true);\n/* define('WP_DEBUG', true); */\ndefine( 'WP_DEBUG', FALSE );\n"
        "define('WP_DEBUG', true);\ndefine(\"WP_HOME\", 'https://a.example');\ndefine('DISABLE_WP_CRON', 1);"
    )
    assert (config.debug, config.home, config.cron_disabled, config.complete) == (
        False,
        "https://a.example",
        True,
        False,
    )


@pytest.mark.parametrize(
    ("db_host", "address"),
    [
        ("localhost", ("", 3306)),
        ("db.example", ("db.example", 3306)),
        ("localhost:3307", ("localhost", 3307)),
        ("localhost:/run/mysqld.sock", ("", 3306)),
        ("[::1]:3307", ("::1", 3307)),
        ("[::1]", ("::1", 3306)),
        ("", ("", 3306)),
        (":", ("", 3306)),
    ],
)
def test_the_database_s_address_is_read_as_wordpress_does(db_host: str, address: tuple[str, int]):
    assert address_of(db_host) == address


def test_the_disk_says_what_is_free_and_what_could_be(tmp_path: Path):
    root = a_world(tmp_path).root
    put(root / "wp-content/cache/a/b.html", "x" * 5000)
    disk = disk_of(root)
    assert disk is not None
    assert disk.cache_bytes == 5000
    assert 0 < disk.free_bytes <= disk.total_bytes
    assert disk_of(tmp_path / "gone") is None
