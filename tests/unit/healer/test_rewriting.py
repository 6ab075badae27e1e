"""wp-config.php and .htaccess as texts: what is to be changed is changed, and everything else stays byte for byte."""

import pytest

from arqlight.demo.world.site_files import BLOCK
from arqlight_jobs.healer.playbooks.declaration import NotApplicable
from arqlight_jobs.healer.playbooks.htaccess import rules, with_block
from arqlight_jobs.healer.wp_config import ConfigUnusual, has_true, quoted, with_constants

CONFIG = (
    b"<?php\ndefine( 'DB_NAME', 'x' );\n/* That's all, stop editing! */\nrequire_once ABSPATH . 'wp-settings.php';\n"
)
SET = b"define( 'WP_DEBUG', true );"


def debugged(content: bytes) -> bytes:
    return with_constants(content, {"WP_DEBUG": "true"})


def test_a_new_constant_stands_before_the_end_of_the_settings():
    assert debugged(CONFIG) == CONFIG.replace(b"/* That's", SET + b"\n/* That's")


def test_without_the_usual_comment_it_stands_before_wordpress_is_loaded():
    content = CONFIG.replace(b"/* That's all, stop editing! */\n", b"")
    assert debugged(content) == content.replace(b"require_once", SET + b"\nrequire_once")


@pytest.mark.parametrize(
    "line",
    [b"define('WP_DEBUG', false);", b'define( "WP_DEBUG" , 0 ) ;', b"define( 'WP_DEBUG', getenv('D') === '1' );"],
)
def test_a_constant_that_is_there_is_replaced_where_it_is(line: bytes):
    content = CONFIG.replace(b"/* That's", b"  " + line + b" // why\n/* That's")
    assert debugged(content) == content.replace(line, SET)


@pytest.mark.parametrize(
    "line",
    [b"if ( ! defined( 'WP_DEBUG' ) ) define( 'WP_DEBUG', false );", b"// define( 'WP_DEBUG', true );", b"# WP_DEBUG"],
)
def test_one_that_is_defined_under_a_condition_or_in_a_comment_is_preceded(line: bytes):
    content = CONFIG.replace(b"/* That's", line + b"\n/* That's")
    assert debugged(content) == content.replace(b"<?php\n", b"<?php\n" + SET + b"\n")


def test_line_ends_and_odd_bytes_stay():
    content = CONFIG.replace(b"\n", b"\r\n").replace(b"'x'", b"'\xff\x00'")
    assert debugged(content) == content.replace(b"/* That's", SET + b"\r\n/* That's")


def test_setting_it_twice_changes_nothing_more():
    assert debugged(debugged(CONFIG)) == debugged(CONFIG)


@pytest.mark.parametrize("content", [b"", b"<?php // nothing", b"<?php require 'other.php'; // WP_DEBUG"])
def test_a_file_that_is_not_built_as_wordpress_builds_it_is_for_a_person(content: bytes):
    with pytest.raises(ConfigUnusual):
        debugged(content)


def test_a_text_cannot_end_its_quotes():
    assert quoted("a'b\\") == r"'a\'b\\'"


def test_a_true_constant_is_seen_and_a_commented_one_is_not():
    assert has_true(b"define( 'MULTISITE', TRUE );", "MULTISITE")
    assert not has_true(b"// define( 'MULTISITE', true );\ndefine( 'MULTISITE', false );", "MULTISITE")


# ------------------------------------------------------------------ .htaccess

OWN = b"# mine\nOptions -Indexes\n"


def test_the_rules_are_wordpress_own():
    assert rules("http://example.com") == BLOCK.encode()


def test_a_site_in_a_folder_has_its_folder_in_the_rules():
    told = rules("http://example.com/blog/").decode()
    assert "RewriteBase /blog/\n" in told
    assert "RewriteRule . /blog/index.php [L]\n" in told


@pytest.mark.parametrize("before", [b"", OWN])
@pytest.mark.parametrize("after", [b"", OWN])
def test_only_the_block_is_replaced(before: bytes, after: bytes):
    broken = b"# BEGIN WordPress\nRewritBase /\n# END WordPress\n"
    assert with_block(before + broken + after, BLOCK.encode()) == before + BLOCK.encode() + after


def test_a_block_without_an_end_is_replaced_to_the_end_of_the_file():
    assert with_block(OWN + b"# BEGIN WordPress\n<IfModule", BLOCK.encode()) == OWN + BLOCK.encode()


def test_of_several_blocks_one_is_left():
    assert with_block(BLOCK.encode() + OWN + BLOCK.encode(), BLOCK.encode()) == BLOCK.encode() + OWN


@pytest.mark.parametrize("content", [b"", b"\n", OWN])
def test_a_missing_block_stands_before_all_else(content: bytes):
    told = with_block(content, BLOCK.encode())
    assert told.startswith(BLOCK.encode())
    assert told.endswith(content.lstrip(b"\n") or b"\n")


@pytest.mark.parametrize(
    "content",
    [
        b"<?php\ndeclare(strict_types=1);\nif (X) { define('WP_DEBUG', false); }\n",
        b"<?php\nnamespace Shop;\nif (X) { define('WP_DEBUG', false); }\n",
        b"<?php define('WP_CACHE', true); ?>\n<?php\nif (X) { define('WP_DEBUG', false); }\n",
        b"<?php /* begins here\n * WP_DEBUG is below */\nif (X) { define('WP_DEBUG', false); }\n",
    ],
)
def test_nothing_is_put_where_php_would_not_take_it_for_code(content: bytes):
    with pytest.raises(ConfigUnusual):
        debugged(content + b"require_once ABSPATH . 'wp-settings.php';\n")


def test_a_definition_that_is_commented_out_stays_and_ours_counts():
    commented = b"<?php\n/*\ndefine('WP_DEBUG', true);\n*/\nrequire_once ABSPATH . 'wp-settings.php';\n"
    assert debugged(commented) == commented.replace(b"/*", SET + b"\n/*", 1)
    assert not has_true(commented, "WP_DEBUG")


def test_a_comment_within_a_definition_goes_with_it():
    assert debugged(b"<?php\ndefine('WP_DEBUG', /* ) ; */ false); $a = 1;\n") == b"<?php\n" + SET + b" $a = 1;\n"


@pytest.mark.parametrize("path", ["my%20blog", "a%0Ab", "a%22b", "%25%7Bx%7D"])
def test_an_address_that_would_break_the_rules_has_none(path: str):
    with pytest.raises(NotApplicable):
        rules(f"https://example.com/{path}/")
