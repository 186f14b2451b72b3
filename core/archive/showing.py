"""Rows of the archive as views: opened and put in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from core.archive.desk import body_of, number_of
from core.archive.rows import read_text
from core.archive.views import (
    Category,
    CheckView,
    DocumentView,
    Finding,
    PropertyResult,
    UseView,
    VersionView,
    VolumeView,
)
from core.crypto import Cipher
from core.licences.desk import opened
from core.licences.masks import STAFF
from core.licences.showing import told
from core.policy.archive import archive_rules
from core.queries.people import Directory


class Shower:
    """Makes views for the office; the categories and names are those of one moment."""

    def __init__(self, cipher: Cipher, kinds: Mapping[str, Category], directory: Directory, today: date) -> None:
        self._cipher, self._kinds, self._directory, self._today = cipher, kinds, directory, today

    def document(
        self, row: Mapping[Any, Any], used: int = 0, versions: Sequence[Mapping[Any, Any]] = (),
        uses: Sequence[Mapping[Any, Any]] = (), *, whole: bool = False,
    ) -> DocumentView:  # fmt: skip
        """One paper; `whole`: with what was read of it."""
        rules, kind = archive_rules(), self._kinds[row["category"]]
        fields = body_of(self._cipher, "archive_documents", row)
        expired = row["valid_to"] is not None and row["valid_to"] < self._today
        return DocumentView(
            line=row["line"], token=row["token"], no=number_of(row["volume_no"], row["place"]),
            volume=row["volume_token"], volume_no=row["volume_no"], state=row["volume_state"],
            state_title=rules.states[row["volume_state"]].title, category=kind.code, category_title=kind.title,
            retention=rules.retention[row["retention"]], secrecy=row["secrecy"], subject=row["holder_token"],
            holder_kind=row["holder_kind"], holder=self._holder(row), title=fields["title"], case_no=row["case_no"],
            made_on=row["made_on"], valid_to=row["valid_to"], kind=row["kind"], size=row["size"], pages=row["pages"],
            digest=row["digest"], version=row["version"], newest=row["shown"], withdrawn=row["withdrawn"],
            usable=bool(row["shown"] and kind.reuse and not expired), expired=expired, seq=row["seq"],
            added_at=row["added_at"], who=self._directory.person_name(row["person_id"]),
            fields=told(rules.fields, fields, STAFF), used=used, read=row["read_at"] is not None,
            text=read_text(self._cipher, row) if whole else "",
            versions=tuple(VersionView(one["token"], one["version"], one["added_at"]) for one in versions),
            uses=tuple(self._use(one) for one in uses),
        )  # fmt: skip

    def volume(self, row: Mapping[Any, Any], documents: int, checks: Sequence[Mapping[Any, Any]] = ()) -> VolumeView:
        """One volume with its reports."""
        rules = archive_rules()
        state = rules.states[row["state"]]
        return VolumeView(
            token=row["token"], no=row["no"], title=body_of(self._cipher, "archive_volumes", row)["title"],
            category=row["category"], category_title=self._kinds[row["category"]].title, year=row["year"],
            subject=row["holder_token"], holder_kind=row["holder_kind"], holder=self._holder(row),
            retention=rules.retention[row["retention"]], secrecy=row["secrecy"], box=row["box"], shelf=row["shelf"],
            state=state.key, state_title=state.title, tone=state.tone, documents=documents, seq=row["seq"],
            opened_at=row["opened_at"], checked_at=row["checked_at"],
            checks=tuple(self.check(one, row) for one in checks),
        )  # fmt: skip

    def check(self, row: Mapping[Any, Any], volume: Mapping[Any, Any]) -> CheckView:
        """A report in words: the four properties, then what was found."""
        rules = archive_rules()
        found = [Finding(*one) for one in row["findings"]["list"]]
        wrong = {one.check for one in found}
        made = [check for check in rules.checks.values() if row["moment"] in check.moments]
        properties = tuple(
            PropertyResult(
                title, not any(check.property == key and check.key in wrong for check in made),
                tuple(check.title for check in made if check.property == key),
            )
            for key, title in rules.properties.items()
        )  # fmt: skip
        lines = tuple(
            (number_of(volume["no"], one.place) if one.place else volume["no"],
             f"{rules.properties[rules.checks[one.check].property]} · {rules.checks[one.check].title}", one.why)
            for one in found
        )  # fmt: skip
        return CheckView(
            row["token"], rules.moments[row["moment"]], row["passed"], row["documents"], row["checked_at"],
            self._directory.person_name(row["person_id"]) or "系统", volume["token"], volume["no"], properties, lines,
        )  # fmt: skip

    def _use(self, row: Mapping[Any, Any]) -> UseView:
        return UseView(row["used_at"], self._directory.person_name(row["person_id"]), row["used_for"], row["case_no"])

    def _holder(self, row: Mapping[Any, Any]) -> str:
        if row["holder_name"] is not None:
            return str(row["holder_name"])
        return str(opened(self._cipher, "subjects", {"token": row["holder_token"], "body": row["holder_body"]})["name"])
