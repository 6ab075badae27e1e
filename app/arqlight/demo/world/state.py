"""The world of one stand-in site: its database, its faults and its logs, in files beside its folder."""

import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from arqlight.demo.world.site_files import lay_out

State = dict[str, Any]

POSTS = {"hello-world": "Welcome to WordPress. This is your first post. Edit or delete it, then start writing! " * 12}
PAGES = {"sample-page": "This is an example page. It stays in one place and shows up in the navigation. " * 10}


@dataclass(frozen=True, slots=True)
class World:
    """One site: `root` is its folder; everything else about it lies beside that, so that a tree can be compared."""

    root: Path

    @property
    def state_file(self) -> Path:
        """Its database and faults."""
        return self._beside(".world.json")

    @property
    def php_log(self) -> Path:
        """Where PHP logs errors unless WordPress says otherwise."""
        return self._beside(".logs") / "php_errors.log"

    @property
    def web_log(self) -> Path:
        """The web server's error log."""
        return self._beside(".logs") / "web_error.log"

    @property
    def calls_file(self) -> Path:
        """Every run of the stand-in wp-cli and of a hook, a JSON list of words a line."""
        return self._beside(".calls")

    @property
    def certificate_file(self) -> Path:
        """Key and certificate of its server."""
        return self._beside(".pem")

    @property
    def command(self) -> tuple[str, ...]:
        """The stand-in wp-cli as a site's argv template."""
        return (sys.executable, "-m", "arqlight.demo.world.wp_command", "--path={root}", "--no-color")

    def hook(self, name: str) -> tuple[str, ...]:
        """A hook of the site's owner, as an argv."""
        return (sys.executable, "-m", "arqlight.demo.world.hook_command", name, str(self.root))

    def read(self) -> State:
        """The state as it is now."""
        return json.loads(self.state_file.read_bytes())

    def change(self, change: Callable[[State], object]) -> None:
        """Change the state, as a whole or not at all."""
        state = self.read()
        change(state)
        self._write(state)

    def fault(self, **faults: object) -> None:
        """Set faults of the server, such as `db="down"` or `upstream=502`."""
        self.change(lambda state: state["faults"].update(faults))

    def option(self, name: str, value: object) -> None:
        """Set one of WordPress's options."""
        self.change(lambda state: state["db"]["options"].update({name: value}))

    def calls(self) -> list[list[str]]:
        """Every run of wp-cli and of hooks so far."""
        if not self.calls_file.exists():
            return []
        return [json.loads(line) for line in self.calls_file.read_text().splitlines()]

    def note_call(self, words: list[str]) -> None:
        """Note a run of wp-cli or of a hook."""
        with self.calls_file.open("a") as file:
            file.write(json.dumps(words) + "\n")

    def log(self, path: Path, line: str) -> None:
        """Add a line to a log."""
        path.parent.mkdir(exist_ok=True)
        with path.open("a") as file:
            file.write(line + "\n")

    def create(self, base_url: str = "http://127.0.0.1") -> None:
        """Make the site, healthy."""
        self.root.mkdir(parents=True, exist_ok=True)
        self.root.chmod(0o755)
        lay_out(self.root)
        self._write(fresh(base_url))

    def _beside(self, ending: str) -> Path:
        return self.root.with_name(self.root.name + ending)

    def _write(self, state: State) -> None:
        draft = self._beside(f".draft-{os.getpid()}")
        draft.write_text(json.dumps(state, indent=1))
        draft.replace(self.state_file)


def fresh(base_url: str) -> State:
    """A healthy site's database and a server without faults."""
    moment = int(time.time())  # noqa: TID251 - a world of its own
    return {
        "db": {
            "installed": True,
            "options": {
                "home": base_url,
                "siteurl": base_url,
                "blogname": "The boat house",
                "template": "acme",
                "stylesheet": "acme",
                "active_plugins": ["acme-shop/acme-shop.php", "akismet/akismet.php", "hello.php"],
            },
            "tables": {f"wp_{name}": "ok" for name in ("options", "posts", "users", "comments")},
            "posts": POSTS,
            "pages": PAGES,
            "cron": [
                {"hook": "wp_version_check", "time": moment + 3600},
                {"hook": "wp_scheduled_delete", "time": moment + 7200},
            ],
            "expired_transients": 0,
            "cached_home": "",
        },
        "faults": {
            "db": "",  # down, denied, too many
            "upstream": 0,  # 502, 503 or 504: PHP does not answer
            "slow_s": 0,  # until expired transients are deleted
            "hang": False,
            "php": "8.2.7",
            "mysqli": True,
            "quota": 0,  # bytes that the caches may have before the disk is full
            "cache_server": True,
            "php_log": True,
        },
        "commands": {"hang": [], "fail": [], "flood": []},  # first words of wp-cli, or a hook's name
    }
