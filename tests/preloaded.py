"""Imports what any command may import: `forked` has it done once."""

import gc
import importlib
import pkgutil

import httpx

for package in ("arqlight.commands", "arqlight_jobs", "arqlight_core"):
    for module in pkgutil.walk_packages(importlib.import_module(package).__path__, f"{package}."):
        importlib.import_module(module.name)
httpx.AsyncHTTPTransport()  # the first one imports most of httpcore
importlib.import_module("anyio._backends._asyncio")  # as the first request does
gc.collect()
gc.freeze()  # so that no process that is forked goes through all of this again
