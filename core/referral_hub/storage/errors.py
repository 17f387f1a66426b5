"""What can go wrong between the hub and its database or its keys."""

from __future__ import annotations

from referral_hub.errors import HubError


class KeysMissing(HubError):
    status = 503
    zh = "找不到密钥文件 {path}。请从备份恢复该文件；新安装请先运行 hub init。"
    en = "The key file {path} is missing. Restore it from a backup; on a new installation run `hub init` first."


class KeysDoNotFit(HubError):
    """The key file belongs to another database. Fact: `keys`, the names of those that do not open what was written."""

    status = 503
    zh = (
        "密钥文件与数据库不符（{keys}）：数据库里的资料不是用这些密钥加密的。"
        "请放回原来的 keys.json，或同一份备份中的 keys.json；在此之前系统不会写入任何内容。"
    )
    en = (
        "The key file does not match the database ({keys}): the data was encrypted with other keys. Restore the "
        "original keys.json, or that of the same backup. Until then the hub writes nothing."
    )


class RestoreUnfinished(HubError):
    """A restore was begun and not ended. Fact: `source`, the backup."""

    status = 503
    zh = "从 {source} 的恢复没有完成，数据不完整，不能使用。请再次运行 hub restore {source}。"
    en = "The restore of {source} did not finish, so the data is incomplete. Run `hub restore {source}` again."


class FileDamaged(HubError):
    """A file of the installation is cut short or changed. Fact: `path`."""

    status = 503
    zh = "文件 {path} 已损坏，不能读取。请从备份恢复这个文件；不要新建，也不要删除数据。"
    en = "The file {path} is damaged and cannot be read. Restore it from a backup; do not make a new one."


class KeyUnknown(HubError):
    """A field was encrypted with a key that this installation does not have. Fact: `key`."""

    status = 500
    zh = "数据由密钥 {key} 加密，而本系统没有这个密钥。请恢复与数据库同一份备份中的密钥文件。"
    en = (
        "The data was encrypted with key {key}, which this hub does not have. Restore the key file from the same "
        "backup as the database."
    )


class FieldDamaged(HubError):
    """A ciphertext was changed, cut short, or moved to another row or column."""

    status = 500
    zh = "加密内容已损坏或被移动过，无法读取。"
    en = "An encrypted field is damaged or was moved from elsewhere, and cannot be read."


class DatabaseUnreachable(HubError):
    status = 503
    zh = "无法连接数据库（{address}）：{reason}。请检查 DATABASE_URL 与数据库服务。"
    en = "The database at {address} cannot be reached: {reason}. Check DATABASE_URL and the database server."


class DatabaseTooOld(HubError):
    status = 503
    zh = "数据库版本是 PostgreSQL {found}，本系统需要 {needed} 或更高版本。请升级数据库。"
    en = "The database is PostgreSQL {found}; the hub needs {needed} or newer. Please upgrade the server."


class DatabaseNotReady(HubError):
    """The tables are missing or older than the program. Details: `found`, `needed` revisions."""

    status = 503
    zh = "数据库结构（{found}）与程序（{needed}）不一致。请运行 hub init。"
    en = "The database structure ({found}) does not match this program ({needed}). Run `hub init`."


class ProgramTooOld(HubError):
    """The tables were brought up to date by a newer program. Details: `found`, `needed` revisions."""

    status = 503
    zh = "数据库结构（{found}）比本程序（{needed}）新。请安装新版程序；要用旧版，请把升级前的备份恢复到空的数据目录。"
    en = (
        "The database structure ({found}) is newer than this program ({needed}). Install the newer program, or restore "
        "the backup from before the upgrade into an empty place."
    )


class RolesNotMade(HubError):
    """The owner may not create roles. Details: `role`, `reason`."""

    status = 503
    zh = (
        "数据库账号无权建立应用角色 {role}：{reason}。请让数据库管理员执行 ALTER ROLE … CREATEROLE，"
        "或自行建立角色 referral_hub_app 及其登录成员，并设置 DATABASE_APP_URL。"
    )
    en = (
        "The database account may not create the application role {role}: {reason}. Ask the database administrator "
        "to run ALTER ROLE … CREATEROLE, or to create the role referral_hub_app with a login member, and set "
        "DATABASE_APP_URL."
    )


class EmbeddedServerFailed(HubError):
    status = 503
    zh = "内置数据库未能启动：{reason}。日志：{log}"
    en = "The embedded database did not start: {reason}. Its log: {log}"


class NoServerAccount(HubError):
    """There is no account that PostgreSQL agrees to run as. Fact: `reason`, a Label that says what to do."""

    status = 503
    zh = "内置数据库无法启动：{reason}。"
    en = "The embedded database cannot start: {reason}."


class ProgramsOutOfReach(HubError):
    """The server's account cannot reach the programs, nor can they be copied. Details: `folder`, `reason`."""

    status = 503
    zh = (
        "内置数据库的账号进不了程序所在的目录，程序也无法复制到 {folder}：{reason}。"
        "请把程序装到人人可进入的目录（如 /opt），或用普通账号运行，或用 DATABASE_URL 指定数据库。"
    )
    en = (
        "The embedded database's account cannot enter the folder of its programs, and they cannot be copied to "
        "{folder}: {reason}. Install the hub where everyone can enter (such as /opt), run it as an ordinary "
        "account, or name a database in DATABASE_URL."
    )


class ToolFailed(HubError):
    """`pg_dump` or `pg_restore` is missing or refused. Details: `tool`, `reason`."""

    status = 503
    zh = "{tool} 未能完成：{reason}"
    en = "{tool} did not complete: {reason}"


class NotABackup(HubError):
    """The file is no backup of a hub, or is damaged. Details: `path`, `reason` (a Label)."""

    status = 422
    zh = "{path} 不能用来恢复：{reason}。请换一份备份。"
    en = "{path} cannot be restored: {reason}. Use another backup."


class TargetNotEmpty(HubError):
    """A backup is restored into an empty database only. Fact: `address`."""

    status = 409
    zh = "数据库（{address}）里已有数据，不能覆盖。请用新的 HUB_DATA 或空数据库再恢复。"
    en = "The database at {address} already holds data. Restore into a new HUB_DATA or an empty database."


class KeysDiffer(HubError):
    """The keys here are not those of the backup. Fact: `path`."""

    status = 409
    zh = "{path} 与备份所用的密钥不同，恢复后将无法读取加密资料。请放入备份当时的密钥文件。"
    en = (
        "{path} contains other keys than the backup uses, so encrypted data could not be read. Put the key file "
        "from the time of the backup there."
    )
