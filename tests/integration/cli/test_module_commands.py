"""`hub modules …` as typed by an administrator: the whole life of a module, and every refusal in words."""

from __future__ import annotations

import getpass
import http.server
import resource
import threading
import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import psycopg
import pytest
from tests.integration.modules.made import MANIFEST, write_module
from tests.integration.modules.wheels import module_wheel, write_wheel
from tests.loop import Loop
from tests.world import World

from referral_hub.cli.group import main
from referral_hub.hub import Hub
from referral_hub.settings import Settings

MANY = MANIFEST.format(key="legal", network="[]")
WIDER = MANY.replace("retention_days = 90", "retention_days = 900")

Type = Callable[..., tuple[int, str]]


@pytest.fixture
def typed(settings: Settings, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Type:
    """`typed("list")`: the exit code of `hub modules list` and all it said."""
    assert settings.database_url
    assert settings.database_app_url
    monkeypatch.setenv("HUB_DATA", str(settings.data))
    monkeypatch.setenv("DATABASE_URL", settings.database_url.get_secret_value())
    monkeypatch.setenv("DATABASE_APP_URL", settings.database_app_url.get_secret_value())
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")

    def run(*words: object) -> tuple[int, str]:
        with pytest.raises(SystemExit) as left:
            main(["modules", *map(str, words)])
        said = "".join(capfd.readouterr())
        assert "Traceback" not in said
        return int(left.value.code or 0), said

    return run


def done(result: tuple[int, str]) -> str:
    code, said = result
    assert code == 0, said
    return said


def test_reassignment_is_requested_from_the_command_line(
    typed: Type, hub: Hub, world: World, owner: psycopg.Connection
) -> None:
    loop = Loop(hub, owner, world)
    _, sent = loop.sent()
    code, said = typed("request-reassignment", "employment", "--reason", "年底停办")
    assert code == 1
    assert "启用中" in said
    done(typed("drain", "employment", "--reason", "年底停办"))
    assert "0 件" in done(typed("request-reassignment", "employment", "--reason", "年底停办", "--number", "ANOTHER"))
    assert "1 件" in done(typed("request-reassignment", "employment", "--reason", "年底停办", "--ask", "close"))
    assert loop.one("SELECT kind, referral_id FROM task WHERE NOT next_step AND done_at IS NULL") == (
        "module_close",
        sent.id,
    )


def test_the_life_of_a_module_from_the_command_line(typed: Type, owner: psycopg.Connection, tmp_path: Path) -> None:
    wheel = module_wheel(tmp_path / "in", manifest=MANY)
    assert "legal" in done(typed("install", wheel))
    assert "待核准" in done(typed("list"))
    sheet = done(typed("show", "legal"))
    for words in ("某事务所", "自己的文件夹", "display_name", "90 天", "称呼", "不联网", "legal-module 1.0.0"):
        assert words in sheet, words
    code, said = typed("approve", "legal", "--reason", "看过")
    assert (code, "影响评估" in said) == (1, True)
    assessed = ("--assessment", "PIA-9", "--assessed-on", "2026-02-01")
    done(typed("approve", "legal", "--reason", "看过核准单", *assessed))
    code, said = typed("enable", "legal", "--reason", "试用")
    assert (code, "检查" in said) == (1, True)
    assert "通过" in done(typed("check", "legal"))
    done(typed("enable", "legal", "--reason", "开始试用"))
    code, said = typed("remove", "legal", "--reason", "不要了")
    assert (code, "不能卸载" in said) == (1, True)
    newer = module_wheel(tmp_path / "new", manifest=WIDER, version="2.0.0")
    assert "仍用旧版本" in done(typed("install", newer))
    assert "900 天" in done(typed("show", "legal"))
    assert "2.0.0" in done(typed("approve", "legal", "--reason", "评估过延长", *assessed))
    assert "停用" in done(typed("drain", "legal", "--reason", "合同到期"))
    code, said = typed("enable", "legal", "--reason", "续签")
    assert (code, "检查之后换了文件" in said) == (1, True)
    done(typed("check", "legal"))
    done(typed("enable", "legal", "--reason", "续签"))
    assert "停用" in done(typed("disable", "legal", "--force", "--reason", "机构停办"))
    done(typed("remove", "legal", "--reason", "不再合作"))
    assert "已卸载" in done(typed("list"))
    assert "法律咨询" in done(typed("show", "legal"))
    told = owner.execute(
        "SELECT before, after, by_name, reason, created_at FROM module_event WHERE key = 'legal' ORDER BY id"
    ).fetchall()
    assert [(before, after) for before, after, *_ in told if before != after] == [
        (None, "discovered"),
        ("discovered", "approved"),
        ("approved", "enabled"),
        ("enabled", "draining"),
        ("draining", "disabled"),
        ("disabled", "enabled"),
        ("enabled", "disabled"),
        ("disabled", "missing"),
    ]
    assert all(by == f"hub modules（{getpass.getuser()}）" and reason and at for _, _, by, reason, at in told)
    assert {"看过核准单", "开始试用", "合同到期", "续签", "机构停办", "不再合作"} <= {
        reason for _, _, _, reason, _ in told
    }


@pytest.mark.parametrize("command", ["show", "approve", "check", "enable", "drain", "disable", "remove"])
def test_a_key_that_is_not_known_is_named(typed: Type, command: str) -> None:
    why = [] if command in ("show", "check") else ["--reason", "试试"]
    code, said = typed(command, "nothing", *why)
    assert code == 1
    assert "nothing" in said


@pytest.mark.parametrize("command", ["approve", "enable", "drain", "disable", "remove"])
def test_nothing_is_done_without_a_reason(typed: Type, owner: psycopg.Connection, command: str) -> None:
    code, said = typed(command, "house")
    assert code == 2
    assert "--reason" in said
    code, said = typed(command, "house", "--reason", "  ")
    assert code == 1
    assert said.strip()
    assert owner.execute("SELECT state FROM module WHERE key = 'house'").fetchone() == ("enabled",)


def text_file(folder: Path) -> Path:
    folder.mkdir()
    (folder / "readme.txt").write_text("x")
    return folder / "readme.txt"


def not_a_zip(folder: Path) -> Path:
    folder.mkdir()
    (folder / "legal_module-1.0.0-py3-none-any.whl").write_text("not a zip")
    return folder / "legal_module-1.0.0-py3-none-any.whl"


def cut_short(folder: Path) -> Path:
    wheel = module_wheel(folder)
    wheel.write_bytes(wheel.read_bytes()[:900])
    return wheel


def source(folder: Path) -> Path:
    folder.mkdir()
    (folder / "legal-1.0.tar.gz").write_bytes(b"\x1f\x8b")
    return folder / "legal-1.0.tar.gz"


def no_manifest(folder: Path) -> Path:
    files = {
        "hub_legal/__init__.py": "",
        "m-1.0.0.dist-info/entry_points.txt": "[referral_hub.modules]\nlegal = hub_legal\n",
    }
    return write_wheel(folder, "m", files)


def other_machine(folder: Path) -> Path:
    wheel = module_wheel(folder)
    return wheel.rename(wheel.with_name("legal_module-1.0.0-cp39-cp39-macosx_11_0_arm64.whl"))


def nothing_inside(folder: Path) -> Path:
    folder.mkdir()
    with zipfile.ZipFile(folder / "a.zip", "w"):
        pass
    return folder / "a.zip"


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (text_file, "没有 .whl 文件"),
        (not_a_zip, "无法读取"),
        (cut_short, "无法读取"),
        (source, "是源代码"),
        (no_manifest, "没有清单"),
        (other_machine, "不是为本机编译的"),
        (nothing_inside, "没有 .whl 文件"),
        (lambda folder: module_wheel(folder, needs="Requires-Dist: courtlib\n"), "courtlib"),
        (lambda folder: module_wheel(folder, "house"), "house"),
    ],
)
def test_what_cannot_be_installed_is_refused_in_words(
    typed: Type, settings: Settings, tmp_path: Path, make: Callable[[Path], Path], words: str
) -> None:
    code, said = typed("install", make(tmp_path / "in"))
    assert code == 1
    assert words in said
    assert [path.name for path in settings.modules_folder.iterdir()] == [".lock"]


def test_a_path_that_is_not_there_is_called_wrongly(typed: Type, tmp_path: Path) -> None:
    assert typed("install", tmp_path / "nothing.whl")[0] == 2


def test_a_folder_that_cannot_be_written_is_reported(typed: Type, settings: Settings, tmp_path: Path) -> None:
    wheel = module_wheel(tmp_path / "in")
    settings.data.mkdir(exist_ok=True)
    settings.modules_folder.write_text("a file where the folder should be")
    code, said = typed("install", wheel)
    assert code == 1
    assert "不能写入模块的文件夹" in said


def test_a_disk_that_takes_no_more_is_reported_and_nothing_is_left(
    typed: Type, settings: Settings, tmp_path: Path
) -> None:
    """A limit on the size of a file answers a write as a full disk does."""
    bundle = tmp_path / "all.zip"
    wheel = module_wheel(tmp_path / "in", files={"hub_legal/data.bin": "x" * 300_000})
    with zipfile.ZipFile(bundle, "w") as packed:
        packed.write(wheel, wheel.name)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))
    try:
        code, said = typed("install", bundle)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert code == 1
    assert "不能写入模块的文件夹" in said
    assert [path.name for path in settings.modules_folder.iterdir()] == [".lock"]


class Index(http.server.SimpleHTTPRequestHandler):
    """A package index of this machine."""

    def log_message(self, *_words: object) -> None:
        """Says nothing."""


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder of an index that pip is set up for; `index / name` holds the wheels of a package."""
    folder = tmp_path / "index"
    folder.mkdir()
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Index, directory=str(folder))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        use_index(monkeypatch, server.server_port)
        yield folder
        server.shutdown()


def use_index(monkeypatch: pytest.MonkeyPatch, port: int) -> None:
    for name, value in {
        "PIP_CONFIG_FILE": "/dev/null",
        "PIP_INDEX_URL": f"http://127.0.0.1:{port}/",
        "PIP_EXTRA_INDEX_URL": "",
        "PIP_RETRIES": "1",
        "NO_PROXY": "127.0.0.1",
        "no_proxy": "127.0.0.1",
    }.items():
        monkeypatch.setenv(name, value)


def test_what_it_needs_is_downloaded_only_when_asked_for(
    typed: Type, settings: Settings, index: Path, tmp_path: Path
) -> None:
    write_wheel(index / "courtlib", "courtlib", {"courtlib.py": "FEE = 7\n"})
    wheel = module_wheel(tmp_path / "in", needs="Requires-Dist: courtlib\n", code="import courtlib\n")
    assert "courtlib" in typed("install", wheel)[1]
    done(typed("install", "--download", wheel))
    assert (settings.modules_folder / "legal" / "courtlib.py").is_file()


def test_an_index_that_offers_a_hub_of_its_own_is_not_asked_for_it(
    typed: Type, settings: Settings, index: Path, tmp_path: Path
) -> None:
    write_wheel(index / "referral-hub", "referral_hub", {"referral_hub/evil.py": ""}, version="99.0.0")
    done(typed("install", "--download", module_wheel(tmp_path / "in")))
    assert not (settings.modules_folder / "legal" / "referral_hub").exists()


def test_source_code_is_not_downloaded(typed: Type, index: Path, tmp_path: Path) -> None:
    (index / "courtlib").mkdir()
    (index / "courtlib" / "courtlib-1.0.0.tar.gz").write_bytes(b"\x1f\x8b")
    code, said = typed("install", "--download", module_wheel(tmp_path / "in", needs="Requires-Dist: courtlib\n"))
    assert code == 1
    assert "courtlib" in said


def test_without_a_network_a_download_is_refused_in_words(
    typed: Type, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    use_index(monkeypatch, 9)
    code, said = typed("install", "--download", module_wheel(tmp_path / "in", needs="Requires-Dist: courtlib\n"))
    assert code == 1
    assert "无法连接软件源" in said


def test_a_module_that_fails_a_check_learns_which_and_left_out(typed: Type, tmp_path: Path) -> None:
    raising = "@hookimpl\ndef hub_receive(referral, documents, settings, now):\n    raise ValueError\n"
    done(typed("install", module_wheel(tmp_path / "in", code=raising)))
    code, said = typed("check", "legal")
    assert code == 1
    assert "✗" in said
    assert "没有通过" in said
    assert "ValueError" in said


def test_a_package_in_the_hubs_own_environment_is_listed_with_a_warning(
    typed: Type, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_module(tmp_path / "site")
    monkeypatch.syspath_prepend(str(tmp_path / "site" / "legal"))
    listed = done(typed("list"))
    assert "装在系统自己的环境里" in listed
    assert listed.count("装在系统自己的环境里") == 1
    assert "系统环境" in done(typed("show", "legal"))
    code, said = typed("remove", "legal", "--reason", "试试")
    assert (code, "不能卸载" in said) == (1, True)


def test_faults_are_shown_in_words(typed: Type, owner: psycopg.Connection) -> None:
    done(typed("list"))
    owner.execute(
        "INSERT INTO module_fault (id, created_at, key, what, code, zh, en, detail, times, last_at) VALUES"
        " (gen_random_uuid(), now(), 'house', 'news', 'news-too-late', '这张转介单已经结束', 'Ended', '', 3, now())"
    )
    shown = done(typed("show", "house"))
    assert "×3" in shown
    assert "对方系统传来的进展没有采用：这张转介单已经结束" in shown
