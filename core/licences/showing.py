"""Rows of the library as views: opened, put in words, and masked for their reader."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from core.crypto import Cipher
from core.licences.desk import opened
from core.licences.keeping import state_of
from core.licences.masks import PUBLIC, REVEALED, STAFF, shown, shown_name, shown_number
from core.licences.views import LicenceView, PictureView, Shown, SubjectView, VersionView
from core.policy.library import library_rules
from core.policy.licences import LicenceField, licence_types


def licence_view(
    cipher: Cipher, row: Mapping[Any, Any], reader: str, today: date, pictures: Iterable[Mapping[Any, Any]] = (),
    versions: Sequence[Mapping[Any, Any]] = (),
) -> LicenceView:  # fmt: skip
    """One licence for a reader; a row as `rows.WITH_HOLDER` reads it."""
    kind, rules = licence_types()[row["type"]], library_rules()
    body = opened(cipher, "licences", row)
    rule = rules.states[state_of(row, today)]
    return LicenceView(
        line=row["line"], token=row["token"], type=kind.key, type_name=kind.name, group=kind.group,
        holder_kind=row["holder_kind"], holder=shown_name(_holder_name(cipher, row), row["holder_kind"], reader),
        subject=row["holder_token"], identifier=row["identifier"], number_label=kind.number.label,
        number=shown_number(body["number"], row["holder_kind"], reader), issuer=row["issuer"],
        case_no=row["case_no"] if reader in (STAFF, REVEALED) else "", issued_on=row["issued_on"],
        valid_from=row["valid_from"], valid_to=row["valid_to"],
        days_left=None if row["valid_to"] is None else (row["valid_to"] - today).days,
        state=rule.key, state_title=rule.title, tone=rule.tone, verdict=rule.verdict, version=row["version"],
        newest=row["shown"], seq=row["seq"], fields=told(kind.fields, body["fields"], reader),
        pictures=() if reader == PUBLIC else tuple(PictureView(one["token"], one["added_at"]) for one in pictures),
        history=tuple(_version(one, today) for one in versions),
    )  # fmt: skip


def _holder_name(cipher: Cipher, row: Mapping[Any, Any]) -> str:
    if row["holder_name"] is not None:
        return str(row["holder_name"])
    return str(opened(cipher, "subjects", {"token": row["holder_token"], "body": row["holder_body"]})["name"])


def _version(row: Mapping[Any, Any], today: date) -> VersionView:
    title = library_rules().states[state_of(row, today)].title
    return VersionView(row["token"], row["version"], row["identifier"], title, row["added_at"])


def subject_view(cipher: Cipher, row: Mapping[Any, Any], reader: str, count: int) -> SubjectView:
    """One company or person for a reader; a row of `subjects`."""
    kind, body = library_rules().kinds[row["kind"]], opened(cipher, "subjects", row)
    said = {one.key: one.value for one in told(kind.fields, body, reader)}
    name = said.get("name", "")
    return SubjectView(
        token=row["token"], kind=kind.key, kind_title=kind.title, name=name, number_label=kind.fields[1].label,
        number=said.get("number", ""), phone=said.get("phone", ""), fields=told(kind.fields, body, reader),
        licences=count, added_at=row["added_at"], changed_at=row["changed_at"], seq=row["seq"],
    )  # fmt: skip


def told(fields: Iterable[LicenceField], values: Mapping[str, str], reader: str) -> tuple[Shown, ...]:
    """The fields that are filled and that this reader may see, in the order of their declaration."""
    said = ((field, shown(field, values.get(field.key, ""), reader)) for field in fields)
    return tuple(Shown(field.key, field.label, value) for field, value in said if value)
