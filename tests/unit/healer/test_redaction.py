"""What is hidden before a site's text is kept."""

import time
from pathlib import Path

import pytest

from arqlight_jobs.healer.redaction import redacted

HIDDEN = "c0rrecthorse"


@pytest.mark.parametrize(
    "text",
    [
        f"define( 'DB_PASSWORD', '{HIDDEN}' );",
        f"define('SECURE_AUTH_SALT', 'a{HIDDEN} with spaces');",
        f'define("LOGGED_IN_KEY","{HIDDEN}");',
        f"Cookie: wordpress_logged_in_0123456789abcdef={HIDDEN}; a=b",
        f"Set-Cookie: anything={HIDDEN}; path=/",
        f'<input type="hidden" name="_wpnonce" value="{HIDDEN}">',
        f'{{"nonce":"{HIDDEN}","x":1}}',
        f"mysql://wp:{HIDDEN}@db/wordpress",
        f"Authorization: Bearer {HIDDEN}",
        f"https://example.com/?token={HIDDEN}&a=1",
        f"PHPSESSID={HIDDEN}",
        f"Access denied for user '{HIDDEN}'@'localhost'",
        f"write to {HIDDEN}@example.com",
        f"in /home/{HIDDEN}/public_html/wp-load.php",
        f"#1 /x/wp-includes/load.php(671): wpdb->__construct('wp', '{HIDDEN}', 'wp', 'localhost')",
        f"#0 class-wpdb.php(1901): mysqli_real_connect(Object(mysqli), 'localhost', 'wp', '{HIDDEN}', NULL)",
        f"#0 x.php(1): PDO->__construct('mysql:host=x', 'wp', '{HIDDEN}')",
        f"#2 x.php(7): wp_authenticate('admin', '{HIDDEN}')",
        f"'password' => '{HIDDEN} with spaces',",
        f"$db_pass = '{HIDDEN}';",
        f"mysqldump --dbpass={HIDDEN} wp",
    ],
)
def test_secrets_and_persons_are_hidden(text: str):
    assert HIDDEN not in redacted(text)


def test_the_site_s_own_folder_and_visitors_addresses_are_hidden():
    told = redacted("[client 203.0.113.9:5123] in /srv/customer-7/www/wp-load.php", Path("/srv/customer-7/www"))
    assert told == "[client •••] in {root}/wp-load.php"


@pytest.mark.parametrize(
    "text",
    [
        "PHP Fatal error:  Allowed memory size of 134217728 bytes exhausted",
        "Call to undefined function get_key() in wp-content/plugins/acme/acme.php",
        "WordPress 6.1.9, http://127.0.0.1:8080/wp-login.php",
    ],
)
def test_what_says_what_is_wrong_stays(text: str):
    assert redacted(text) == text


def test_a_hostile_text_takes_no_time():
    begun = time.monotonic()
    for piece in ("define('DB_", "nonce", "client ", "1.", "/home/", "a@b.", "Set-Cookie:", "token="):
        redacted(piece * (16_384 // len(piece)))
    assert time.monotonic() - begun < 5
