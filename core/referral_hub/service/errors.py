"""Why the hub cannot be made a service of this machine."""

from __future__ import annotations

from referral_hub.errors import HubError


class NoSystemd(HubError):
    zh = (
        "这台机器不由 systemd 管理（没有 {place}），无法安装服务。可以用容器运行（docs/how-to/run-in-a-container.md），"
        "或用 hub service show 查看单元文件，自行安装。"
    )
    en = (
        "This machine is not managed by systemd (there is no {place}), so the service cannot be installed. Run the "
        "hub in a container (docs/how-to/run-in-a-container.md), or print the unit file with `hub service show` "
        "and install it yourself."
    )


class NeedsRoot(HubError):
    zh = "--system 需要 root：请在命令前加 sudo；或用 --user 安装为本账号的服务。"
    en = "--system needs root: put sudo before the command, or use --user for a service of this account."


class UserServiceOfRoot(HubError):
    zh = "root 请用 --system：服务会使用一个没有特权的账号。"
    en = "As root, use --system: the service then runs as an account without privileges."


class DataOfAnotherAccount(HubError):
    zh = "{path} 属于账号 {owner}，服务将以 {account} 运行。先停止正在运行的服务，再运行：chown -R {account}: '{path}'"
    en = (
        "{path} belongs to the account {owner}, but the service will run as {account}. Stop a running hub, then "
        "run: chown -R {account}: '{path}'"
    )


class ProgramOutOfReach(HubError):
    zh = "账号 {account} 无法运行 {program}（{reason}）。请把程序装到所有账号都能进入的目录，例如 /opt/referral-hub。"
    en = (
        "The account {account} cannot run {program} ({reason}). Install the program in a folder that every account can "
        "enter, for example /opt/referral-hub."
    )


class CommandFailed(HubError):
    zh = "“{command}” 未能完成：{reason}"
    en = "`{command}` failed: {reason}"
