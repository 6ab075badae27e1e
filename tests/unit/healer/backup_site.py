"""A site's folder of few files and every kind, for tests of backups; and what they do with it."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

from arqlight_jobs.healer.dump_file import DumpFile

PASSWORD = b"hunter2hunter2"
ODD = os.fsdecode(b"caf\xe9.txt")


def a_site(folder: Path) -> Path:
    """The site's root."""
    site = folder / "www/site"
    plugins = site / "wp-content/plugins"
    (plugins / "acme/inc").mkdir(parents=True)
    (site / "wp-content/themes/plain").mkdir(parents=True)
    (site / "wp-content/uploads").mkdir()
    (site / "wp-config.php").write_bytes(b"<?php define('DB_PASSWORD', '" + PASSWORD + b"');")
    (site / "wp-config.php").chmod(0o640)
    (site / ".htaccess").write_bytes(b"RewriteEngine On\n")
    (site / "wp-content/object-cache.php").write_bytes(b"<?php // cache")
    (plugins / "acme/acme.php").write_bytes(b"<?php // acme")
    (plugins / "acme/inc/large.bin").write_bytes(os.urandom(1_200_000))
    (plugins / "acme/empty").touch()
    (plugins / ODD).write_bytes(b"odd")
    (plugins / "link").symlink_to("acme/acme.php")
    (site / "wp-content/themes/plain/style.css").write_bytes(b"/* plain */")
    (site / "wp-content/uploads/cat.jpg").write_bytes(b"a cat")
    return site


def little(_: Path) -> int:
    return 1_000_000


def ignored(_: int) -> None:
    pass


def moved_to(root: Path, folder: Path) -> Callable[[str], None]:
    def aside(path: str) -> None:
        target = folder / path.replace("/", "_")
        target.parent.mkdir(exist_ok=True, parents=True)
        shutil.move(root / path, target)

    return aside


def a_dump(folder: Path, content: bytes = b"CREATE TABLE wp_options;\n-- Dump completed on 2026-01-01\n") -> DumpFile:
    (folder / "dump.sql").write_bytes(content)
    return DumpFile(folder / "dump.sql", len(content))
