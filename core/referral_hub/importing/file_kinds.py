"""What kind of file someone chose, recognised by its bytes and never from its name."""

from __future__ import annotations

from referral_hub.importing.errors import (
    FileEmpty,
    FileTooLarge,
    NotAWorkbook,
    OldWorkbook,
    ProtectedWorkbook,
    WebPageFile,
)

MAX_BYTES = 20 * 1024 * 1024
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCODINGS = ("utf-8-sig", "gb18030")
_WIDE = (b"\xff\xfe", b"\xfe\xff")
_START = 4096


def encoding_of_text(data: bytes) -> str | None:
    """The encoding of a text file such as .csv; None for a package that may be a workbook.

    Raises a `FileUnreadable` that names any other kind of file and how to fix it.
    """
    if not data:
        raise FileEmpty
    if len(data) > MAX_BYTES:
        raise FileTooLarge(limit=MAX_BYTES // 1024 // 1024)
    if data.startswith(_OLE):
        # A workbook with a password is kept inside an old container, in a stream of this name.
        raise ProtectedWorkbook if "EncryptedPackage".encode("utf-16-le") in data else OldWorkbook
    if data.startswith(b"PK"):
        return None
    start = data[:_START].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<html", b"<!doctype html", b"<table", b"<meta", b"<?xml")) or b"<table" in start:
        raise WebPageFile
    for encoding in ("utf-16",) if data.startswith(_WIDE) else _ENCODINGS:
        # UTF-8 comes first: hardly any Chinese text in GB 18030 is valid UTF-8, while nearly all bytes are GB 18030.
        if _is_text(data, encoding):
            return encoding
    raise NotAWorkbook


def _is_text(data: bytes, encoding: str) -> bool:
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        return False
    return all(character.isprintable() or character in "\r\n\t\ufeff" for character in text[:_START])
