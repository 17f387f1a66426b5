"""A hostile module: it evaluates what a test asks it to, in its worker, and says what came of it."""

from __future__ import annotations

from referral_hub.registry.registry import ModuleRegistry

ATTEMPT = """
import os, signal, socket, stat, subprocess, sys

def descriptors():
    for number in range(3, 64):
        try:
            yield "pipe" if stat.S_ISFIFO(os.fstat(number).st_mode) else "other"
        except OSError:
            pass

def attempt(settings):
    try:
        return say("got: " + repr(eval(settings["what"])))
    except BaseException as error:
        return say(type(error).__name__)
"""
REFUSED = {"PermissionError", "FileNotFoundError", "ModuleNotFoundError", "OSError", "BlockingIOError"}


def attempt(registry: ModuleRegistry, what: str) -> str:
    answer: str = registry.call("legal", "hub_check_settings", settings={"do": "attempt", "what": what})[0].message.en
    return answer
