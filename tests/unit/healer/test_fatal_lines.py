"""Errors in logs and on pages: what happened, in which file, and which part of the site it belongs to."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from arqlight_jobs.healer.components import component_of, within
from arqlight_jobs.healer.evidence import Component, NoteKind
from arqlight_jobs.healer.fatal_lines import fatals_in, moment_of, notes_in
from arqlight_jobs.healer.log_reading import MOST_LINES, read_logs

ROOT = Path("/srv/www")
PLUGIN = "/srv/www/wp-content/plugins/acme-shop/cart.php"
UNCAUGHT = f"Uncaught Error: Call to undefined function cart() in {PLUGIN}:7"
TRACE = f"Stack trace:\n#0 {{main}}\n  thrown in {PLUGIN} on line 7"


@pytest.mark.parametrize(
    "log",
    [
        f"[22-Nov-2026 09:25:40 UTC] PHP Fatal error:  {UNCAUGHT}\n{TRACE}",
        f"[Sun Nov 22 09:25:40.123456 2026] [php:error] [pid 7] [client 1.2.3.4:5] PHP Fatal error:  {UNCAUGHT}",
        f'2026/11/22 09:25:40 [error] 7#7: *1 FastCGI sent in stderr: "PHP message: PHP Fatal error:  {UNCAUGHT}"',
        f"<br />\n<b>Fatal error</b>:  {UNCAUGHT}\n{TRACE}<br />",
        f"<b>Fatal error</b>:  Uncaught Error: cart() in <b>{PLUGIN}</b> on line <b>7</b><br />",
    ],
)
def test_every_server_s_way_of_writing_is_understood(log: str):
    (fatal,) = fatals_in(log, "a log", ROOT)
    assert (fatal.kind, fatal.file, fatal.line) == ("Fatal error", "wp-content/plugins/acme-shop/cart.php", 7)
    assert fatal.component == Component("plugin", "acme-shop")
    assert fatal.message.startswith("Uncaught Error: ")


@pytest.mark.parametrize("root", ["/srv/my sites/it's mine", "/srv/a: b"])
def test_a_folder_with_an_odd_name_does_not_hide_which_file_it_was(root: str):
    (fatal,) = fatals_in(f"PHP Fatal error:  {UNCAUGHT}\n{TRACE}".replace(str(ROOT), root), "a log", Path(root))
    assert (fatal.file, fatal.line) == ("wp-content/plugins/acme-shop/cart.php", 7)
    assert fatal.component == Component("plugin", "acme-shop")


def test_the_same_error_is_told_once_and_counted():
    line = f"[22-Nov-2026 09:25:4{{}} UTC] PHP Fatal error:  {UNCAUGHT}"
    (fatal,) = fatals_in("\n".join(line.format(second) for second in range(3)), "a log", ROOT)
    assert (fatal.times, fatal.at) == (3, datetime(2026, 11, 22, 9, 25, 42, tzinfo=UTC))


def test_a_plugin_that_calls_the_core_wrongly_is_blamed_not_the_core():
    log = (
        "PHP Fatal error:  Uncaught TypeError: bad in /srv/www/wp-includes/formatting.php:9\nStack trace:\n"
        f"#0 {PLUGIN}(12): esc_html(Array)\n#1 {{main}}\n  thrown in /srv/www/wp-includes/formatting.php on line 9"
    )
    (fatal,) = fatals_in(log, "a log", ROOT)
    assert (fatal.file, fatal.component) == ("wp-includes/formatting.php", Component("plugin", "acme-shop"))


@pytest.mark.parametrize(
    ("path", "component"),
    [
        ("wp-content/plugins/hello.php", Component("plugin", "hello")),
        ("wp-content/plugins/a/b/c.php", Component("plugin", "a")),
        ("wp-content/themes/acme/functions.php", Component("theme", "acme")),
        ("wp-content/mu-plugins/house.php", Component("muplugin", "wp-content/mu-plugins/house.php")),
        ("wp-content/object-cache.php", Component("dropin", "wp-content/object-cache.php")),
        ("wp-includes/load.php", Component("core", "wp-includes/load.php")),
        ("wp-load.php", Component("core", "wp-load.php")),
        ("wp-config.php", Component("config", "wp-config.php")),
        ("wp-content/plugins/$(id)/x.php", None),
        ("", None),
    ],
)
def test_a_path_says_what_it_belongs_to(path: str, component: Component | None):
    assert component_of(path) == component


@pytest.mark.parametrize(
    ("path", "inside"),
    [
        ("/srv/www/wp-load.php", "wp-load.php"),
        ("/var/container/html/wp-content/themes/acme/x.php", "wp-content/themes/acme/x.php"),
        ("/var/container/html/wp-settings.php", "wp-settings.php"),
        ("/etc/passwd", ""),
        ("/srv/www/wp-content/plugins/../../../../etc/passwd", ""),
    ],
)
def test_a_path_is_told_within_the_site_or_not_at_all(path: str, inside: str):
    assert within(path, ROOT) == inside


@pytest.mark.parametrize(
    ("line", "kind", "component"),
    [
        ("PHP Warning:  mysqli_real_connect(): (HY000/1040): Too many connections", NoteKind.DB_TOO_MANY, ""),
        ("Access denied for user 'wp'@'localhost'", NoteKind.DB_DENIED, ""),
        ("WordPress database error Table './wp/wp_posts' is marked as crashed", NoteKind.DB_TABLE, "wp_posts"),
        ("WordPress database error MySQL server has gone away", NoteKind.DB_GONE, ""),
        ("file_put_contents(): write failed with errno=28 No space left on device", NoteKind.NO_SPACE, ""),
        ("[core:alert] /srv/www/.htaccess: Invalid command 'Foo'", NoteKind.HTACCESS, ""),
        ("PHP Warning:  require(/srv/www/x.php): Permission denied", NoteKind.PERMISSION, ""),
        ("PHP Warning:  Redis::connect(): Connection refused", NoteKind.CACHE, ""),
    ],
)
def test_other_complaints_are_noted(line: str, kind: NoteKind, component: str):
    (note,) = notes_in(line, "a log", ROOT)
    assert (note.kind, note.component) == (kind, component)


def test_moments_without_sense_are_no_moments():
    assert moment_of("[99-Nov-2026 09:25:40 UTC] x") is None
    assert moment_of("[22-Nov-2026 09:25:40 Nowhere/Land] x") is None
    assert moment_of("[22-Nov-2026 09:25:40 ../../etc/passwd] x") is None


def test_a_hostile_log_takes_no_time():
    hostile = "\n".join(("Fatal error: " + " in /a" * 4000, "#" * 100_000, "<b>" * 50_000, "Table '" + "a/" * 50_000))
    assert len(fatals_in(hostile * 3, "a log")) <= 50
    assert notes_in(hostile * 3, "a log") == ()


def test_only_the_end_of_plain_files_within_the_site_is_read(tmp_path: Path):
    root = tmp_path / "site"
    content = root / "wp-content"
    content.mkdir(parents=True)
    secret = tmp_path / "secret"
    secret.write_text("PHP Fatal error:  secret in /x/wp-load.php on line 1\n")
    (content / "debug.log").symlink_to(secret)
    long = tmp_path / "php.log"
    long.write_text("".join(f"line {number}\n" for number in range(100_000)))
    logs = read_logs(root, (long, tmp_path, Path("/dev/zero"), tmp_path / "gone"))
    assert logs.fatals == ()
    tails = {tail.source: tail for tail in logs.tails}
    assert tails["php.log"].lines[-1] == "line 99999"
    assert len(tails["php.log"].lines) == MOST_LINES
    assert all(tails[name].problem for name in (tmp_path.name, "zero", "gone"))
