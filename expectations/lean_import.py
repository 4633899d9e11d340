"""Imports Great Expectations without the large libraries that it wants for expectations that no suite of ours has."""

from __future__ import annotations

import gc
import importlib
import sys
from types import ModuleType

_SELDOM_USED = ("altair", "scipy", "scipy.stats")
"""For `expect_column_kl_divergence_to_be_less_than` and two tests of distributions: a third of the import's time."""


class _Postponed(ModuleType):
    """Stands for a module that is imported when something in it is first asked for."""

    def __getattr__(self, name: str) -> object:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(importlib.import_module(self.__name__), name)


def import_lean(name: str) -> None:
    """Import the module `name`, which imports Great Expectations; whoever needs the large libraries still gets them.

    The collector of garbage is off meanwhile, and afterwards passes over what there is: what an import makes stays, and
    looking through it would be a sixth of the time.
    """
    postponed = {module: _Postponed(module) for module in _SELDOM_USED if module not in sys.modules}
    for module, stand_in in postponed.items():
        package, _, own_name = module.rpartition(".")
        if package in postponed:
            setattr(postponed[package], own_name, stand_in)
    was_enabled = gc.isenabled()
    gc.disable()
    sys.modules |= postponed
    try:
        importlib.import_module(name)
    finally:
        for module in postponed:
            del sys.modules[module]
        gc.freeze()
        if was_enabled:
            gc.enable()
