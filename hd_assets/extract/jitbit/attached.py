"""Files: which there are, and their bytes."""

from __future__ import annotations

import re
from collections.abc import Sequence

from hd_assets.extract.base import BytesUnavailableError, StoredFile
from hd_assets.extract.jitbit.answers import Fields, plain_row
from hd_assets.extract.jitbit.asking import UNLISTED, Asking
from hd_assets.extract.jitbit.calls import Call

_IN_ADDRESS = re.compile(
    r"/(?:File/Get|api/attachment)(?:/|\?(?:[^\"'\s<>]*&(?:amp;)?)?id=)(\d+)", re.IGNORECASE
)  # two forms evidenced, with the id in the path a guess
_CLOUD = "only an address in a cloud drive is known"


def mentioned(*texts: str | None) -> set[str]:
    """Ids of files that texts show or link to."""
    return {id for text in texts if text for id in _IN_ADDRESS.findall(text)}


class Files:
    """Reads each file once; bytes an earlier extraction stored are not asked for again."""

    def __init__(self, asking: Asking) -> None:
        self._asking = asking
        stored = asking.spool.values("file_bytes", "file_id", "status")
        self._done = {str(id) for id, status in stored if status == "stored"}

    def of_ticket(self, id: str, detail: Fields, comments: list[Fields], bodies: Sequence[str | None]) -> None:
        """Files of a ticket: those its record lists, else those its comments carry, else those of the call for them.

        Installations differ in which of the three answers; the call is asked when the record has no list, or when a
        text shows a file that is in none. A file that is in none even then is counted and not asked for: whoever writes
        may name any id, and the account that reads may see files the writer may not.
        """
        found: dict[str, Fields] = {}
        embedded = [file for comment in comments for file in comment.many("Attachments")]
        for one in (*detail.many("Attachments"), *embedded):
            found.setdefault(one.id("FileID", "Id"), one)
        if not detail.has("Attachments") or mentioned(*bodies) - set(found):
            for one in self._asking.optional_list(Call("Attachments", {"id": id})):
                found.setdefault(one.id("FileID", "Id"), one)
            self._asking.spool.note(UNLISTED, id, mentioned(*bodies) - set(found))
        self._asking.keep("attachment", found.values(), id, ticket_id=id)
        for file_id, one in found.items():
            is_cloud = bool(one.get("GoogleDriveUrl") or one.get("DropboxUrl"))
            self.bytes(file_id, one.get("FileSize"), is_cloud=is_cloud)

    def of_article(self, id: str, article: Fields) -> None:
        for one in article.many("Attachments"):
            address = one.get("Url", "UrlRelative")
            told = self._asking.shaper.text(one.get("FileID", "Id"))
            file_id = told or next(iter(mentioned(address)), None)
            given = {"article_id": id, "file_id": file_id, "url": address or ""}
            self._asking.keep("article_attachment", [one], **given)
            if file_id:
                self.bytes(file_id, one.get("FileSize"))

    def bytes(self, file_id: str, size: object, *, is_cloud: bool = False) -> None:
        """Store the bytes of one file and what became of them; one call. Sizes of 0 are not trusted (evidenced)."""
        if file_id in self._done:
            return
        self._done.add(file_id)
        into = self._asking.into
        if is_cloud:
            self._became(file_id, "missing", _CLOUD, None)
            return
        at_least = int(size) if isinstance(size, int) and not isinstance(size, bool) else 0
        stored = into.stored_before(file_id)
        if stored is None or stored.size_bytes < at_least:
            call = Call("attachment", {"id": file_id})
            try:
                stored = self._asking.client.retried(
                    lambda: into.file(file_id, self._asking.client.content(call), at_least=at_least), call
                )
            except BytesUnavailableError as reason:
                self._became(file_id, "missing", str(reason), None)
                return
        status, detail = ("stored", None) if stored.complete else ("short", f"{at_least} bytes were promised")
        self._became(file_id, status, detail, stored)

    def _became(self, file_id: str, status: str, detail: str | None, stored: StoredFile | None) -> None:
        kept = stored if stored is not None and stored.complete else None
        row = plain_row(
            "file_bytes",
            file_id=file_id,
            sha256=kept.sha256 if kept else None,
            size_bytes=str(stored.size_bytes) if stored else None,
            status=status,
            detail=detail,
            source_key=file_id,
        )
        self._asking.spool.put("file_bytes", [row])
