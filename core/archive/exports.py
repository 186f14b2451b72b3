"""What leaves the archive as a file: the report of a check, statistics, and a volume with the hashes of its papers."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Mapping, Sequence
from tempfile import SpooledTemporaryFile
from typing import IO, TYPE_CHECKING, Any

from core.archive.desk import body_of, number_of
from core.archive.no import TooLargeToTake
from core.archive.papers import ENDINGS
from core.archive.views import CheckView, VolumeView
from core.canon import canonical
from core.decide import check_text
from core.errors import FieldMissing
from core.measures.sheets import Sheet, workbook
from core.policy.archive import VOLUME, archive_rules
from core.policy.arrivals import MEGA
from core.sm import sm3
from core.worktime import SHANGHAI

if TYPE_CHECKING:
    from core.archive.archive import Whole
    from core.people import Actor
IN_MEMORY = 32 * MEGA
READ_ME = """本压缩包是案卷 {no} 的全部电子资料。
「目录.json」列出每件的档号、登记项、SM3 摘要和 SHA-256 摘要；「目录.sig」是本平台对它的 SM2 签名。
核对：逐件重算摘要，与目录一致即没有改动。
"""


def check_report(view: CheckView, made_by: str) -> bytes:
    """A report on the four properties as Excel, with who took it out."""
    verdicts = tuple(
        (one.title, "通过" if one.passed else "没有通过", "、".join(one.checks)) for one in view.properties
    )
    verdict = "通过" if view.passed else "没有通过"
    about = f"案卷 {view.volume_no} {view.moment}环节四性检测 · {verdict} · {view.documents} 件"
    tables = (
        Sheet("结论", ("检测", "结论", "检测项"), verdicts),
        Sheet("要改的地方", ("档号", "检测项", "问题"), view.lines),
    )
    return workbook(tables, f"{about} · {made_by}")


def volume_zip(
    core: Whole, actor: Actor, view: VolumeView, documents: Sequence[Mapping[Any, Any]], reason: str
) -> IO[bytes]:
    """A volume's papers as they are kept, with a signed list of their hashes; on record before it is handed over.

    The caller closes the file. Raises FieldMissing without a reason, TooLargeToTake, Unknown for a paper not whole.
    """
    reason = " ".join(reason.split())
    if not reason:
        raise FieldMissing(field="导出理由", action="导出")
    check_text("导出理由", reason, archive_rules().reason)
    if sum(row["size"] for row in documents) > archive_rules().batch.export:
        raise TooLargeToTake(megabytes=archive_rules().batch.export // MEGA)
    now = core.clock.now().astimezone(SHANGHAI)
    held: IO[bytes] = SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115  (whoever sends it closes it)
    papers = list[dict[str, Any]]()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_STORED) as packed:
        for row in documents:
            data = core.files.get(row["file"])
            name = f"{number_of(view.no, row['place'])}.{ENDINGS[row['kind']]}"
            packed.writestr(_entry(name, now.timetuple()[:6]), data)
            papers.append(_line(core, view, row, name, data))
        told = {"volume": _head(view), "taken_at": now.isoformat(), "taken_by": actor.name, "papers": papers}
        listing = canonical(told).encode()
        for name, text in (
            ("目录.json", listing),
            ("目录.sig", core.signer.sign(listing).encode()),
            ("说明.txt", READ_ME.format(no=view.no).encode()),
        ):
            packed.writestr(_entry(name, now.timetuple()[:6]), text)
    core.note(actor, f"{VOLUME}.exported", f"{VOLUME}:{view.token}", "done", reason)
    held.seek(0)
    return held


def _line(core: Whole, view: VolumeView, row: Mapping[Any, Any], name: str, data: bytes) -> dict[str, Any]:
    return {
        "file": name, "no": number_of(view.no, row["place"]), "version": row["version"], "kind": row["kind"],
        "size": len(data), "pages": row["pages"], "sm3": sm3(data).hex(), "sha256": hashlib.sha256(data).hexdigest(),
        "signature": row["signature"], "fields": body_of(core.cipher, "archive_documents", row),
    }  # fmt: skip


def _head(view: VolumeView) -> dict[str, Any]:
    return {
        "no": view.no, "title": view.title, "category": view.category_title, "year": view.year, "holder": view.holder,
        "retention": view.retention, "secrecy": view.secrecy, "box": view.box, "shelf": view.shelf,
        "state": view.state_title,
    }  # fmt: skip


def _entry(name: str, at: Any) -> zipfile.ZipInfo:
    return zipfile.ZipInfo(name, at)
