"""Every body that a program may send."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pkgutil import iter_modules

from referral_ui import bodies
from referral_ui.bodies.base import Body


def every_body() -> list[type[Body]]:
    for module in iter_modules(bodies.__path__):
        import_module(f"{bodies.__name__}.{module.name}")
    return sorted(_below(Body), key=lambda body: body.__name__)


def _below(body: type[Body]) -> Iterator[type[Body]]:
    for each in body.__subclasses__():
        yield each
        yield from _below(each)
