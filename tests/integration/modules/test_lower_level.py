"""On a machine without Landlock, or with an older one: the level shown is lower, and may be refused.

The kernel's calls are taken away from a process of the test's own, by a filter that all it starts inherits; what the
hub does there is what it does on such a machine.
"""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest
from tests.integration.modules.made import write_module

from referral_hub.isolation import seccomp
from referral_hub.isolation.confine import attainable_level

WITHOUT_LANDLOCK = """
import ctypes, errno, json, os, platform, sys
from pathlib import Path

class Filter(ctypes.Structure):
    _fields_ = (("code", ctypes.c_uint16), ("jt", ctypes.c_uint8), ("jf", ctypes.c_uint8), ("k", ctypes.c_uint32))

class Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_uint16), ("filter", ctypes.POINTER(Filter)))

# landlock_create_ruleset, landlock_add_rule, landlock_restrict_self: "no such call", as an older kernel answers.
lines = [(0x20, 0, 0, 0)]
for number in (444, 445, 446):
    lines += [(0x15, 0, 1, number), (0x06, 0, 0, 0x00050000 | errno.ENOSYS)]
lines.append((0x06, 0, 0, 0x7FFF0000))
array = (Filter * len(lines))(*[Filter(*line) for line in lines])
library = ctypes.CDLL(None, use_errno=True)
assert library.prctl(38, 1, 0, 0, 0) == 0
assert library.prctl(22, 2, ctypes.byref(Program(len(lines), array)), 0, 0) == 0
"""
ASK = """
from referral_hub.isolation.confine import attainable_level
from referral_hub.isolation.errors import ModuleFailure
from referral_hub.isolation.limits import Limits
from referral_hub.registry.registry import ModuleRegistry

folder, network = Path(sys.argv[1]), sys.argv[2] == "network"
said = {"attainable": attainable_level(network=network)}
for name, demanded in (("freely", False), ("demanded", True)):
    registry = ModuleRegistry(
        folder=folder / "modules",
        run_folder=folder / "run",
        limits=Limits(start=10.0),
        require_confined=demanded,
        path=[],
    )
    try:
        said[name] = registry.start("legal")
        answer = registry.call("legal", "hub_check_settings", settings={"do": "attempt"})
        said[name + " did"] = answer[0].message.en
    except ModuleFailure as failure:
        said[name] = type(failure).__name__ + ": " + str(failure.details["detail"])
    said[name + " ran"] = "imported" in registry.log("legal")
    registry.close()
print(json.dumps(said))
"""
MODULE = """
import os, subprocess, sys
sys.stderr.write("imported\\n")

def attempt(settings):
    done = []
    for name, act in (
        ("file", lambda: open("/etc/passwd").read()),
        ("program", lambda: subprocess.run(["true"])),
        ("signal", lambda: os.kill(os.getppid(), 0)),
        ("write", lambda: os.write(os.open("here", os.O_CREAT | os.O_WRONLY), b"x")),
    ):
        try:
            act()
            done.append(name)
        except OSError:
            pass
    return say(" ".join(["did:", *done]))
"""


@pytest.fixture
def said(tmp_path: Path) -> Any:
    def ask(*, landlock: bool, network: bool = False) -> dict[str, Any]:
        write_module(tmp_path / "modules", code=MODULE, network='["127.0.0.1:9"]' if network else "[]")
        program = (WITHOUT_LANDLOCK if not landlock else "import json, sys\nfrom pathlib import Path\n") + ASK
        done = subprocess.run(
            [sys.executable, "-c", textwrap.dedent(program), str(tmp_path), "network" if network else "none"],
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
        answer: dict[str, Any] = json.loads(done.stdout)
        return answer

    if not seccomp.supported():
        pytest.skip("system calls can be taken away only where they are known")
    return ask


@pytest.mark.parametrize("network", [False, True])
def test_without_landlock_the_level_is_lower_and_a_demand_for_more_refuses_the_module(said: Any, network: bool) -> None:
    told = said(landlock=False, network=network)
    assert told["attainable"] == "process"
    assert told["freely"] == "process"
    assert told["freely ran"] is True
    assert "HUB_REQUIRE_CONFINED" in told["demanded"]
    assert told["demanded"].startswith("ModuleStartFailed")
    assert told["demanded ran"] is False


def test_what_the_lower_level_still_keeps_and_what_it_does_not(said: Any) -> None:
    """Each measure is taken even where another cannot be: without Landlock files can be read, nothing else."""
    assert said(landlock=False)["freely did"] == "did: file"


def test_with_landlock_the_demand_is_met(said: Any) -> None:
    if attainable_level(network=False) != "confined":
        pytest.skip("this kernel has no Landlock")
    told = said(landlock=True)
    assert (told["attainable"], told["freely"], told["demanded"]) == ("confined", "confined", "confined")
    assert told["demanded did"] == "did:"
