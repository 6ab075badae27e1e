"""What is put off is loaded when it is used, and not before."""

import subprocess
import sys


def told_by(program: str) -> str:
    """What a fresh interpreter prints."""
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.strip()


def test_the_store_does_not_load_what_only_logins_by_token_need():
    loaded = "print('jwt.api_jwt' in sys.modules, 'cryptography.x509' in sys.modules)"
    assert told_by(f"import sys, arqlight_core.store.gateway\n{loaded}") == "False False"


def test_what_was_put_off_works_when_it_is_used():
    used = "print(jwt.decode(jwt.encode({'a': 1}, 'k' * 32), 'k' * 32, ['HS256']))"
    assert told_by(f"import arqlight_core.store.gateway, jwt\n{used}") == "{'a': 1}"


def test_what_is_loaded_or_missing_is_left_alone():
    put_off = "from arqlight_core.store.unneeded import put_off\nput_off('json')\nput_off('no_such')"
    assert told_by(f"import json\n{put_off}\nprint(json.dumps(1))") == "1"
