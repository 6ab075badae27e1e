"""A plugin that ends every request: installed anew when it is damaged, else switched off."""

from pathlib import PurePosixPath

from arqlight_jobs.healer.changes import Command, Plan, Rename
from arqlight_jobs.healer.evidence import Extension, Installed
from arqlight_jobs.healer.playbooks.commands import CORE_ALONE, as_word, plugins_as_before
from arqlight_jobs.healer.playbooks.declaration import NotApplicable, Playbook, Scene
from arqlight_jobs.healer.words import Level, SymptomId

PLUGINS = "wp-content/plugins"


def _switch_off(scene: Scene) -> Plan:
    path = _path_of(scene)
    rename = Rename(path, f"{PurePosixPath(path).name}.{scene.tag}")  # WordPress skips a plugin whose file is gone
    if scene.site.level < Level.COMMANDS:
        return (rename,)
    words = ("plugin", "deactivate", as_word(scene.component), *CORE_ALONE)
    return (plugins_as_before(words, spares=1), rename)


def _install_anew(scene: Scene) -> Plan:
    slug, version = as_word(scene.component), as_word(_version_of(scene))
    install = Command(
        ("plugin", "install", slug, f"--version={version}", "--force", *CORE_ALONE), touches=(_path_of(scene),)
    )
    known = _installed(scene)
    if known and not known.is_active:
        return (install,)
    return (install, plugins_as_before(("plugin", "activate", slug, *CORE_ALONE)))


def _path_of(scene: Scene) -> str:
    """The plugin's folder, or its only file."""
    slug = scene.component
    told = (f"{PLUGINS}/{slug}", f"{PLUGINS}/{slug}.php") if slug and "/" not in slug else ()
    path = next((path for path in told if path in scene.entries), None)
    if path is None:
        raise NotApplicable(f"There is no plugin {slug or 'that is known to be at fault'}.")
    return path


def _version_of(scene: Scene) -> str:
    found = _installed(scene)
    version = found.version if found else ""
    extension = _extension(scene)
    version = version or (extension.version if extension else "")
    if not version:
        raise NotApplicable(f"Which version of {scene.component} is installed is not known.")
    return version


def _installed(scene: Scene) -> Installed | None:
    known = scene.evidence.commands.plugins if scene.evidence.commands else None
    return next((one for one in known or () if one.name == scene.component), None)


def _extension(scene: Scene) -> Extension | None:
    known = scene.evidence.tree.plugins if scene.evidence.tree else ()
    return next((one for one in known if one.slug == scene.component), None)


PB04 = Playbook(
    id="PB04",
    name="Switch a plugin off",
    treats=(SymptomId.PLUGIN_FATAL, SymptomId.PLUGIN_CORRUPT),
    plan=_switch_off,
    lists=(PLUGINS,),
)

PB05 = Playbook(
    id="PB05",
    name="Install the same version of a plugin again",
    treats=(SymptomId.PLUGIN_CORRUPT,),
    plan=_install_anew,
    needs=Level.COMMANDS,
    lists=(PLUGINS,),
)
