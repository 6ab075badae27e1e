"""Who may do what: roles as rules that the server enforces, and what the login at hand may do."""

from arqlight_core.rights.login import held, lacking, refuse, refuse_serving, refuse_without, role_for, within
from arqlight_core.rights.roles import Capability, Role
from arqlight_core.rights.rules import line, password_hash, rules

__all__ = [
    "Capability",
    "Role",
    "held",
    "lacking",
    "line",
    "password_hash",
    "refuse",
    "refuse_serving",
    "refuse_without",
    "role_for",
    "rules",
    "within",
]
