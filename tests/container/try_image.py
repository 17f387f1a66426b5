"""Builds and runs the image of `Containerfile` where there is no container engine. Needs root and debootstrap.

    python tests/container/try_image.py [--base FOLDER] [--keep]

Each stage is a bare Debian made by debootstrap, as `debian:*-slim` is; the instructions are read from the file and
done in it by chroot. The image then runs as its own account with a read-only root file system, no capabilities and a
PostgreSQL of this machine, as `compose.yaml` has it, until `/healthz` and the health check say that it works; and once
more with the database that comes along. What this cannot show: the engine's own network, its default seccomp profile
and its layers.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
POSTGRES = Path("/usr/lib/postgresql/15/bin")
CERTIFICATES = "/run/host-certificates.pem"
# Of this machine: by which way packages are fetched, and whom to trust on it.
_FROM_HERE = ("http_proxy", "https_proxy", "no_proxy", "PIP_INDEX_URL", "npm_config_registry")
PASSWORD = "only-for-this-try"
START_SECONDS = 240
# What an engine grants before it kills.
STOP_SECONDS = 10


class Image:
    """One stage: a root file system, and what the file said about how to run it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.environment: dict[str, str] = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
        self.folder = "/"
        self.account = "root"
        self.entrypoint: list[str] = []
        self.command: list[str] = []
        self.health: list[str] = []
        self.volumes: list[str] = []

    def argv(self, command: Sequence[str], *, confined: bool, **environment: str) -> list[str]:
        """The command line that runs `command` inside, in namespaces of its own that end with it."""
        given = {**self.environment, **environment}
        inside = f"cd {shlex.quote(self.folder)} && exec {shlex.join(command)}"
        drop = ["setpriv", f"--reuid={self.account}", f"--regid={self.account}", "--clear-groups", "--no-new-privs"]
        drop += ["--bounding-set=-all", "--inh-caps=-all"] if confined else []
        words = ["env", "-i", *(f"{name}={value}" for name, value in given.items()), "sh", "-c", inside]
        words = [*drop, *words] if self.account != "root" else words
        root = shlex.quote(str(self.root))
        mounts = [f"mount --bind {root} {root}", f"mount -t proc proc {root}/proc", f"mount --rbind /dev {root}/dev"]
        if confined:
            kept = " ".join(f"mount --bind {root}{volume} {root}{volume};" for volume in self.volumes)
            mounts += [f"{kept} mount -o remount,bind,ro {root}", f"mount -t tmpfs tmpfs {root}/tmp"]
        script = f"set -e; {'; '.join(mounts)}; exec chroot {root} {shlex.join(words)}"
        return ["unshare", "--mount", "--pid", "--fork", "--kill-child=SIGTERM", "sh", "-c", script]

    def run(self, command: Sequence[str], **environment: str) -> None:
        subprocess.run(self.argv(command, confined=False, **environment), check=True)


class Instruction(NamedTuple):
    word: str
    rest: str

    def words(self) -> list[str]:
        """A JSON list, or words as a shell reads them."""
        return json.loads(self.rest) if self.rest.startswith("[") else shlex.split(self.rest)


def read(containerfile: Path) -> Iterator[Instruction]:
    text = re.sub(r"^\s*#.*\n", "", containerfile.read_text(encoding="utf-8"), flags=re.MULTILINE)
    for line in text.replace("\\\n", " ").splitlines():
        if line.strip():
            word, _, rest = line.strip().partition(" ")
            yield Instruction(word, rest.strip())


def build(work: Path, base: Path | None) -> Image:
    """Do every instruction of the file. Returns the last stage."""
    stages: dict[str, Image] = {}
    image: Image | None = None
    for number, step in enumerate(read(ROOT / "Containerfile"), start=1):
        print(f"==> {number} {step.word} {step.rest[:100]}", flush=True)
        if step.word == "FROM":
            name, _, alias = step.rest.partition(" AS ")
            image = Image(work / (alias or "image"))
            stages[alias or "image"] = image
            make_base(name, image.root, base)
        else:
            assert image is not None, "the file begins with FROM"
            follow(step, image, stages)
    assert image is not None
    return image


def follow(step: Instruction, image: Image, stages: dict[str, Image]) -> None:
    match step.word:
        case "RUN":
            here = {name: os.environ[name] for name in _FROM_HERE if name in os.environ}
            trusted = dict.fromkeys(("PIP_CERT", "SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS"), CERTIFICATES)
            image.run(["sh", "-c", step.rest], **here, **trusted)
        case "COPY":
            copy(step.words(), image, stages)
        case "ENV":
            image.environment |= dict(word.split("=", 1) for word in step.words())
        case "WORKDIR":
            image.folder = step.rest
            (image.root / step.rest.lstrip("/")).mkdir(parents=True, exist_ok=True)
        case "USER":
            image.account = step.rest
        case "VOLUME":
            image.volumes += step.words()
        case "HEALTHCHECK":
            image.health = json.loads(step.rest.partition("CMD ")[2])
        case "ENTRYPOINT":
            image.entrypoint = step.words()
        case "CMD":
            image.command = step.words()
        case word if word != "EXPOSE":
            raise ValueError(f"{word} is not known here")


def make_base(name: str, root: Path, base: Path | None) -> None:
    found = re.fullmatch(r"debian:(\w+)-slim", name)
    assert found, f"{name} is not a Debian that debootstrap can make"
    if base is None:
        subprocess.run(["debootstrap", "--variant=minbase", found[1], str(root), mirror()], check=True, stdout=2)
    else:
        subprocess.run(["cp", "-a", "--reflink=auto", str(base), str(root)], check=True)
    shutil.copy("/etc/resolv.conf", root / "etc" / "resolv.conf")
    here = os.environ.get("SSL_CERT_FILE", "/etc/ssl/certs/ca-certificates.crt")
    shutil.copy(here, root / CERTIFICATES.lstrip("/"))


def mirror() -> str:
    """Where this machine's own packages come from."""
    listed = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(REPO_URI)"], capture_output=True, text=True, check=True
    )
    return listed.stdout.split()[0]


def copy(words: list[str], image: Image, stages: dict[str, Image]) -> None:
    source = next((word.partition("=")[2] for word in words if word.startswith("--from=")), None)
    *places, target = [word for word in words if not word.startswith("--")]
    into = image.root / str(Path(image.folder, target)).lstrip("/")
    if source:
        for place in places:
            subprocess.run(["cp", "-a", f"{stages[source].root}{place}/.", make_folder(into)], check=True)
        return
    assert places == ["."], "only the whole repository is copied here"
    names = sorted(path.name for path in ROOT.iterdir())
    packed = [
        "tar",
        "-C",
        str(ROOT),
        "--anchored",
        "--wildcards",
        "--exclude-from=.containerignore",
        "-cf",
        "-",
        *names,
    ]
    with subprocess.Popen(packed, stdout=subprocess.PIPE, cwd=ROOT) as sender:
        subprocess.run(["tar", "-C", make_folder(into), "--no-same-owner", "-xf", "-"], stdin=sender.stdout, check=True)
    assert sender.returncode == 0, "the repository could not be read"


def make_folder(path: Path) -> str:
    path.mkdir(parents=True, exist_ok=True)
    return str(path)


@contextmanager
def postgresql(work: Path) -> Iterator[str]:
    """A PostgreSQL of this machine with an owner who has a password, as `compose.yaml` makes it. Gives its address."""
    cluster, port = work / "cluster", free_port()
    cluster.mkdir()
    shutil.chown(cluster, "postgres")
    (work / "password").write_text(PASSWORD, encoding="utf-8")
    as_postgres = ["runuser", "-u", "postgres", "--"]
    data = str(cluster / "data")
    options = ["-U", "hub", "--auth=scram-sha-256", f"--pwfile={work / 'password'}", "--encoding=UTF8", "--no-locale"]
    subprocess.run([*as_postgres, str(POSTGRES / "initdb"), "-D", data, *options], check=True, stdout=2, cwd="/")
    server = [*as_postgres, str(POSTGRES / "pg_ctl"), "-D", data, "-w"]
    listen = f"-c listen_addresses=127.0.0.1 -p {port} -k {cluster}"
    subprocess.run([*server, "-l", str(cluster / "log"), "-o", listen, "start"], check=True, stdout=2, cwd="/")
    try:
        yield f"postgresql://hub:{PASSWORD}@127.0.0.1:{port}/postgres"
    finally:
        subprocess.run([*server, "-m", "immediate", "stop"], check=True, stdout=2, cwd="/")


def serve(image: Image, database: dict[str, str]) -> None:
    """`init`, then the image's own command, both as its account and confined as in `compose.yaml`."""
    port = free_port()
    settings = {"HUB_PORT": str(port), "HUB_LANG": "en"} | database
    print(f"==> init, as {image.account}", flush=True)
    subprocess.run(image.argv([*image.entrypoint, "init"], confined=True, **settings), check=True)
    print(f"==> {shlex.join([*image.entrypoint, *image.command])}", flush=True)
    with subprocess.Popen(image.argv([*image.entrypoint, *image.command], confined=True, **settings)) as process:
        try:
            wait_for(f"http://127.0.0.1:{port}/healthz", process)
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/static/vendor/tabler.min.css", timeout=30) as answer:
                print(f"    {answer.status} {len(answer.read())} bytes of style sheet", flush=True)
            subprocess.run(image.argv(image.health, confined=True, **settings), check=True)
            print("    the health check passes", flush=True)
            subprocess.run(image.argv([*image.entrypoint, "doctor"], confined=True, **settings), check=True)
            check_account(image, process.pid)
        finally:
            stop(process)
    assert process.returncode == 0, f"ended with {process.returncode}"


def empty(image: Image) -> None:
    """New volumes."""
    for volume in image.volumes:
        for path in (image.root / volume.lstrip("/")).iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def stop(process: subprocess.Popen[bytes]) -> None:
    """SIGTERM to the first process of the container, as an engine does it; unshare itself waits for that one."""
    started = time.monotonic()
    for child in children_of(process.pid):
        os.kill(child, signal.SIGTERM)
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        raise
    print(f"==> stopped by SIGTERM in {time.monotonic() - started:.1f} s", flush=True)


def children_of(pid: int) -> list[int]:
    listed = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False)
    return [int(word) for word in listed.stdout.split()]


def wait_for(address: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        assert process.poll() is None, "the container ended"
        try:
            with urllib.request.urlopen(address, timeout=5) as answer:
                print(f"    {answer.status} {answer.read().decode()[:200]}", flush=True)
        except OSError:
            time.sleep(0.5)
        else:
            return
    raise AssertionError(f"{address} did not answer within {START_SECONDS} s")


def check_account(image: Image, pid: int) -> None:
    """Whatever runs in there is not root and has no capability."""
    waiting, seen = children_of(pid), 0
    while waiting:
        one = waiting.pop()
        waiting += children_of(one)
        status = Path(f"/proc/{one}/status").read_text(encoding="utf-8")
        owner, powers = re.findall(r"^(?:Uid|CapEff):\s+(\w+)", status, re.MULTILINE)
        assert owner != "0", f"process {one} runs as root"
        assert int(powers, 16) == 0, f"process {one} has capabilities"
        seen += 1
    assert seen, "nothing runs"
    print(f"    {seen} processes, none of root, none with capabilities", flush=True)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--base", type=Path, help="a folder made by debootstrap before, to save the time")
    parser.add_argument("--keep", action="store_true", help="keep the root file systems")
    options = parser.parse_args()
    work = Path(tempfile.mkdtemp(prefix="image-"))
    work.chmod(0o755)
    try:
        image = build(work, options.base)
        size = subprocess.run(["du", "-sm", image.root], capture_output=True, text=True, check=True).stdout.split()[0]
        print(f"==> the image has {size} MB", flush=True)
        with postgresql(work) as address:
            serve(image, {"DATABASE_URL": address})
        empty(image)
        serve(image, {})
    finally:
        if options.keep:
            print(work)
        else:
            shutil.rmtree(work, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
