"""The commands of the stand-in wp-cli that work on files: the core, plugins, themes, wp-config.php and `.htaccess`."""

import re
from collections.abc import Mapping
from pathlib import Path

from arqlight.demo.world import site_files
from arqlight.demo.world.rendering import constant
from arqlight.demo.world.site_files import put_all
from arqlight.demo.world.wp_answer import Call, Command, Failed, as_json

_VERSION = re.compile(r"^\s*(?:\$wp_version\s*=\s*'|Version:\s*)([\w.]+)", re.MULTILINE)
_ANY_BLOCK = re.compile(r"# BEGIN WordPress\n.*?# END WordPress\n", re.DOTALL)


def core_version(call: Call) -> str:
    """`wp core version`."""
    return _version(call.world.root / "wp-includes/version.php") or "unknown"


def core_verify(call: Call) -> str:
    """`wp core verify-checksums`."""
    root = call.world.root
    published = site_files.core_files()
    told = _differences(root, published)
    for folder in ("wp-admin", "wp-includes"):
        for path in sorted((root / folder).rglob("*")):
            if path.is_file() and str(path.relative_to(root)) not in published:
                told.append(f"Warning: File should not exist: {path.relative_to(root)}")
    if told:
        raise Failed("\n".join([*told, "Error: WordPress installation doesn't verify against checksums."]))
    return "Success: WordPress installation verifies against checksums."


def core_download(call: Call) -> str:
    """`wp core download --version=V --skip-content --force`."""
    if not call.has("force") and (call.world.root / "wp-load.php").exists():
        raise Failed("Error: WordPress files seem to already be present here.")
    put_all(call.world.root, site_files.core_files())
    return f"Downloading WordPress {site_files.VERSION} (en_US)...\nSuccess: WordPress downloaded."


def plugin_list(call: Call) -> str:
    """`wp plugin list --format=json`."""
    active = call.world.read()["db"]["options"]["active_plugins"]
    rows = [_plugin_row(entry, active) for entry in _plugin_entries(call)]
    return as_json(rows, call)


def plugin_verify(call: Call) -> str:
    """`wp plugin verify-checksums SLUG… --format=json`."""
    folder = call.world.root / "wp-content/plugins"
    wrong: list[dict[str, str]] = []
    for slug in call.rest():
        published = _published(slug, _slug_version(call, slug))
        wrong += [
            {"plugin_name": slug, "file": name.removeprefix(f"{slug}/"), "message": "Checksum does not match"}
            for name, text in published.items()
            if not (folder / name).is_file() or (folder / name).read_bytes() != text.encode()
        ]
    count = len(call.rest())
    if wrong:
        failed = len({row["plugin_name"] for row in wrong})
        message = f"Error: Only verified {count - failed} of {count} plugins ({failed} failed)."
        raise Failed(message, output=as_json(wrong, call))
    return f"Success: Verified {count} of {count} plugins."


def plugin_activate(call: Call) -> str:
    """`wp plugin activate SLUG`."""
    entries = [_entry(call, slug) for slug in call.rest()]
    call.world.option("active_plugins", sorted({*_active(call), *entries}))
    return f"Success: Activated {len(entries)} of {len(entries)} plugins."


def plugin_deactivate(call: Call) -> str:
    """`wp plugin deactivate SLUG`."""
    entries = [_entry(call, slug) for slug in call.rest()]
    call.world.option("active_plugins", [entry for entry in _active(call) if entry not in entries])
    told = "".join(f"Plugin '{slug}' deactivated.\n" for slug in call.rest())
    return f"{told}Success: Deactivated {len(entries)} of {len(entries)} plugins."


def plugin_install(call: Call) -> str:
    """`wp plugin install SLUG --version=V --force`."""
    for slug in call.rest():
        version = call.options.get("version", "")
        put_all(call.world.root / "wp-content/plugins", _published(slug, version))
        if call.has("activate"):
            plugin_activate(Call(call.world, ("plugin", "activate", slug)))
    return f"Plugin updated successfully.\nSuccess: Installed {len(call.rest())} of {len(call.rest())} plugins."


def theme_list(call: Call) -> str:
    """`wp theme list --format=json`."""
    current = call.world.read()["db"]["options"]["stylesheet"]
    found = sorted((call.world.root / "wp-content/themes").glob("*/style.css"))
    rows = [
        {
            "name": path.parent.name,
            "status": "active" if path.parent.name == current else "inactive",
            "update": "none",
            "version": _version(path),
        }
        for path in found
    ]
    return as_json(rows, call)


def theme_activate(call: Call) -> str:
    """`wp theme activate SLUG`."""
    slug = call.rest()[0]
    if not (call.world.root / "wp-content/themes" / slug / "style.css").exists():
        raise Failed(f"Error: The '{slug}' theme could not be found.")
    for name in ("template", "stylesheet"):
        call.world.option(name, slug)
    return f"Success: Switched to '{slug}' theme."


def config_get(call: Call) -> str:
    """`wp config get NAME`."""
    found = constant((call.world.root / "wp-config.php").read_text(), call.rest()[0])
    if not found:
        raise Failed(f"Error: The constant or variable '{call.rest()[0]}' is not defined in the 'wp-config.php' file.")
    return found


def config_set(call: Call) -> str:
    """`wp config set NAME VALUE --raw`."""
    path = call.world.root / "wp-config.php"
    name, value = call.rest()[:2]
    text = path.read_text()
    line = f"define( '{name}', {value if call.has('raw') else repr(value)} );"
    kept = re.sub(rf"^define\(\s*'{name}'.*$", lambda _: line, text, flags=re.MULTILINE)
    path.write_text(kept if line in kept else text.replace("/* That's all", f"{line}\n/* That's all", 1))
    return f"Success: Updated the constant '{name}' in the 'wp-config.php' file with the value '{value}'."


def rewrite_flush(call: Call) -> str:
    """`wp rewrite flush --hard`."""
    path = call.world.root / ".htaccess"
    if call.has("hard"):
        text = path.read_text() if path.exists() else ""
        path.write_text(_ANY_BLOCK.sub("", text) + site_files.BLOCK)
    return "Success: Rewrite rules flushed."


def maintenance_status(call: Call) -> str:
    """`wp maintenance-mode status`."""
    active = (call.world.root / ".maintenance").exists()
    return f"Maintenance mode is {'active' if active else 'not active'}."


def maintenance_deactivate(call: Call) -> str:
    """`wp maintenance-mode deactivate`."""
    path = call.world.root / ".maintenance"
    if not path.exists():
        raise Failed("Error: Maintenance mode already deactivated.")
    path.unlink()
    return "Disabling Maintenance mode...\nSuccess: Deactivated Maintenance mode."


def _differences(root: Path, published: Mapping[str, str]) -> list[str]:
    told: list[str] = []
    for name, text in published.items():
        path = root / name
        if not path.is_file():
            told.append(f"Warning: File doesn't exist: {name}")
        elif path.read_bytes() != text.encode():
            told.append(f"Warning: File doesn't verify against checksum: {name}")
    return told


def _published(slug: str, version: str) -> dict[str, str]:
    if slug not in site_files.PLUGIN_VERSIONS or slug in site_files.UNPUBLISHED:
        raise Failed(f"Warning: Could not retrieve the checksums for plugin {slug}, skipping.")
    return site_files.plugin_files(slug, version)


def _active(call: Call) -> list[str]:
    return call.world.read()["db"]["options"]["active_plugins"]


def _plugin_entries(call: Call) -> list[str]:
    folder = call.world.root / "wp-content/plugins"
    found = [*folder.glob("*.php"), *folder.glob("*/*.php")]
    entries = [path for path in found if "Plugin Name:" in path.read_text(errors="replace")]
    return sorted(f"{path.relative_to(folder)}\n{_version(path)}" for path in entries)


def _plugin_row(told: str, active: list[str]) -> dict[str, str]:
    entry, _, version = told.partition("\n")
    status = "active" if entry in active else "inactive"
    return {"name": _slug(entry), "status": status, "update": "none", "version": version}


def _entry(call: Call, slug: str) -> str:
    found = next((told.partition("\n")[0] for told in _plugin_entries(call) if _slug(told) == slug), None)
    found = found or next((entry for entry in _active(call) if _slug(entry) == slug), None)
    if found is None:
        raise Failed(f"Warning: The '{slug}' plugin could not be found.\nError: No plugins changed.")
    return found


def _slug_version(call: Call, slug: str) -> str:
    told = next((told for told in _plugin_entries(call) if _slug(told) == slug), "")
    return told.partition("\n")[2]


def _slug(entry: str) -> str:
    plain = entry.partition("\n")[0]
    return plain.partition("/")[0] if "/" in plain else plain.removesuffix(".php")


def _version(path: Path) -> str:
    found = _VERSION.search(path.read_text(errors="replace")) if path.exists() else None
    return found[1] if found else ""


WITHOUT_WORDPRESS: dict[str, Command] = {
    "core version": core_version,
    "core verify-checksums": core_verify,
    "core download": core_download,
    "plugin verify-checksums": plugin_verify,
    "config get": config_get,
    "config set": config_set,
}
WITH_WORDPRESS: dict[str, Command] = {
    "plugin list": plugin_list,
    "plugin activate": plugin_activate,
    "plugin deactivate": plugin_deactivate,
    "plugin install": plugin_install,
    "theme list": theme_list,
    "theme activate": theme_activate,
    "rewrite flush": rewrite_flush,
    "maintenance-mode status": maintenance_status,
    "maintenance-mode deactivate": maintenance_deactivate,
}
