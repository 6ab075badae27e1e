"""Imports what any command may import: `forked` has it done once."""

import importlib
import pkgutil

for package in ("arqlight.commands", "arqlight_jobs", "arqlight_core"):
    for module in pkgutil.walk_packages(importlib.import_module(package).__path__, f"{package}."):
        importlib.import_module(module.name)
