"""The stand-ins keep to WordPress's and wp-cli's rules, as far as healing depends on them."""

import json
from pathlib import Path

import pytest

from arqlight.demo.world import breaking, hook_command, site_files
from arqlight.demo.world.rendering import Request, render
from arqlight.demo.world.site_files import put
from arqlight.demo.world.state import World
from arqlight.demo.world.web_server import answer
from arqlight.demo.world.wp_answer import Call, Failed
from arqlight.demo.world.wp_command import carry_out
from tests.unit.healer.sick_sites import a_world

BASE = "http://127.0.0.1"


def wp(world: World, *words: str) -> str:
    return carry_out(Call.of(world, words))


def status(world: World, path: str = "/") -> int:
    return answer(world, path, BASE).status


def tree(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


def test_a_young_stamp_closes_the_site_and_an_old_one_does_not(tmp_path: Path):
    world = a_world(tmp_path)
    put(world.root / ".maintenance", "<?php $upgrading = 1000; ?>")
    assert status(world) == 200
    put(world.root / ".maintenance", "<?php $upgrading = 99999999999; ?>")
    response = answer(world, "/", BASE)
    assert (response.status, response.headers["Retry-After"]) == (503, "600")


def test_an_active_plugin_whose_folder_was_renamed_is_skipped(tmp_path: Path):
    world = a_world(tmp_path)
    breaking.plugin_fatal(world)
    assert status(world) == 500
    folder = world.root / "wp-content/plugins/acme-shop"
    folder.rename(folder.with_name("acme-shop.off"))
    assert status(world) == 200


def test_the_log_goes_where_the_configuration_says(tmp_path: Path):
    world = a_world(tmp_path)
    breaking.wsod(world)
    assert answer(world, "/", BASE).body == ""
    assert not world.php_log.exists()
    for name, value in (("WP_DEBUG", "true"), ("WP_DEBUG_LOG", "true"), ("WP_DEBUG_DISPLAY", "false")):
        wp(world, "config", "set", name, value, "--raw")
    assert answer(world, "/", BASE).body == ""
    assert "undefined_cart" in (world.root / "wp-content/debug.log").read_text()


def test_nothing_outside_of_the_folder_is_served(tmp_path: Path):
    world = a_world(tmp_path)
    assert status(world, "/../site.world.json") == 404
    assert status(world, "/.htaccess") == 404


def test_a_page_behind_the_front_needs_the_rewriting(tmp_path: Path):
    world = a_world(tmp_path)
    assert status(world, "/hello-world/") == 200
    breaking.permalinks_404(world)
    assert (status(world), status(world, "/hello-world/")) == (200, 404)
    wp(world, "rewrite", "flush", "--hard")
    assert status(world, "/hello-world/") == 200


def test_more_memory_heals_what_lacks_it(tmp_path: Path):
    world = a_world(tmp_path)
    breaking.memory(world)
    assert status(world) == 500
    wp(world, "config", "set", "WP_MEMORY_LIMIT", "128M")
    assert status(world) == 200


def test_the_whole_start_fails_in_wordpress_s_order(tmp_path: Path):
    world = a_world(tmp_path)
    world.fault(db="down")
    put(world.root / ".maintenance", "<?php $upgrading = time(); ?>")
    assert render(world, Request("/", BASE)).status == 503
    breaking.core_corrupt(world)
    assert "critical error" in str(render(world, Request("/", BASE)).body)


# ------------------------------------------------------------------ wp-cli


def test_broken_extensions_break_wp_cli_unless_they_are_skipped(tmp_path: Path):
    world = a_world(tmp_path)
    breaking.plugin_fatal(world)
    with pytest.raises(Failed, match="critical error") as failed:
        wp(world, "plugin", "list", "--format=json")
    assert failed.value.status == 255
    assert json.loads(wp(world, "plugin", "list", "--format=json", "--skip-plugins", "--skip-themes"))
    wp(world, "plugin", "deactivate", "acme-shop", "--skip-plugins", "--skip-themes")
    assert status(world) == 200


def test_the_core_and_published_plugins_can_be_put_back(tmp_path: Path):
    world = a_world(tmp_path)
    before = tree(world.root)
    breaking.core_corrupt(world)
    breaking.plugin_corrupt(world)
    with pytest.raises(Failed, match=r"doesn't verify against checksum: wp-includes/query\.php"):
        wp(world, "core", "verify-checksums")
    with pytest.raises(Failed) as failed:
        wp(world, "plugin", "verify-checksums", "akismet", "--format=json")
    assert json.loads(failed.value.output)[0]["plugin_name"] == "akismet"
    wp(world, "core", "download", "--version=6.1.9", "--skip-content", "--force")
    wp(world, "plugin", "install", "akismet", "--version=5.0.1", "--force", "--skip-plugins", "--skip-themes")
    assert tree(world.root) == before
    with pytest.raises(Failed, match="Could not retrieve"):
        wp(world, "plugin", "install", "acme-shop", "--force", "--skip-plugins", "--skip-themes")


def test_a_dump_brings_the_database_back(tmp_path: Path):
    world = a_world(tmp_path)
    before, dump = world.read()["db"], tmp_path / "dump.sql"
    wp(world, "db", "export", str(dump))
    wp(world, "option", "update", "home", "http://elsewhere")
    wp(world, "theme", "activate", "twentytwentytwo")
    assert world.read()["db"] != before
    wp(world, "db", "import", str(dump))
    assert world.read()["db"] == before


def test_tables_events_and_caches_are_put_right(tmp_path: Path):
    world = a_world(tmp_path)
    breaking.db_tables(world)
    with pytest.raises(Failed, match="check failed") as failed:
        wp(world, "db", "check")
    assert "wordpress.wp_posts\nwarning" in failed.value.output
    wp(world, "db", "repair")
    assert "Success" in wp(world, "db", "check")
    for breaks in (breaking.cron_stalled, breaking.content_regression, breaking.slow):
        breaks(world)
    assert "total of 2" in wp(world, "cron", "event", "run", "--due-now")
    wp(world, "cache", "flush")
    wp(world, "transient", "delete", "--expired")
    state = world.read()["db"]
    assert (state["cached_home"], state["expired_transients"]) == ("", 0)


def test_without_a_server_the_database_says_why(tmp_path: Path):
    world = a_world(tmp_path)
    world.fault(db="denied")
    with pytest.raises(Failed, match="Access denied"):
        wp(world, "db", "check")
    with pytest.raises(Failed, match="Error establishing a database connection"):
        wp(world, "option", "get", "home")


def test_an_unknown_command_is_refused(tmp_path: Path):
    with pytest.raises(Failed, match="not a registered wp command"):
        wp(a_world(tmp_path), "cook", "dinner")


def test_hooks_clear_the_faults_of_servers(tmp_path: Path):
    world = a_world(tmp_path)
    world.fault(upstream=502, db="down")
    assert status(world) == 502
    for name in ("restart_php", "restart_db"):
        assert hook_command.main([name, str(world.root)]) == 0
    assert status(world) == 200
    assert world.calls() == [["restart_php"], ["restart_db"]]


def test_every_file_of_a_healthy_site_is_as_published(tmp_path: Path):
    world = a_world(tmp_path)
    assert "verifies" in wp(world, "core", "verify-checksums")
    assert "Verified 2 of 2" in wp(world, "plugin", "verify-checksums", "akismet", "hello")
    assert set(site_files.core_files()) <= set(tree(world.root))
