"""Licences as the 一体化平台 tells them, in its own words."""

from __future__ import annotations

from typing import Any

RECORD: dict[str, Any] = {
    "id": "YTH-0001", "revision": 1, "type": "食品经营许可", "status": "有效", "number": "JY14601990000001",
    "holder": "海南椰风餐饮有限公司", "holder_code": "91110000600037341L", "issuer": "", "issued_on": "2025/12/01",
    "valid_from": None, "valid_to": "",
    "items": {
        "经营者姓名": "海南椰风餐饮有限公司", "法定代表人": "符大勇", "住所": "海口市秀英区秀华路8号",
        "经营地址": "海口市秀英区秀华路8号", "经营业态": "餐饮服务经营者", "许可项目": "热食类食品制售",
    },
}  # fmt: skip
PERSON: dict[str, Any] = {
    "id": "YTH-0002", "revision": 1, "type": "护士执业证", "status": "有效", "number": "202546000001",
    "holder": "欧阳海棠", "holder_code": "11010519491231002X", "issued_on": "2025-12-01",
    "items": {"工作单位": "秀英区练习医院", "血型": "A"},
}  # fmt: skip


def record(items: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    """The food licence, otherwise; None takes a field away."""
    told = {**RECORD, **changes, "items": {**RECORD["items"], **(items or {})}}
    return {name: value for name, value in told.items() if value is not None}
