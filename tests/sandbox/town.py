"""The address book of the practice organisation, from the seed of the district: `python -m tests.sandbox.town FILE`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import yaml

SEED = Path(__file__).parents[2] / "core" / "policy" / "seed"
LEADERS = {"district_leader", "desk_head", "unit_head"}


def directory() -> list[dict[str, Any]]:
    """Everyone of the seed as the sandbox's directory file lists people, under their first post."""
    units = {row["code"]: row["name"] for row in _rows("units.yaml")}
    return [_person(row, units) for row in _rows("people.yaml")]


def _person(row: dict[str, Any], units: dict[str, str]) -> dict[str, Any]:
    post = row["posts"][0]
    return {
        "userId": row["dingtalk"],
        "unionId": f"union-{row['dingtalk']}",
        "name": row["name"],
        "mobile": row["phone"],
        "title": post["title"],
        "unit": units[post["unit"]],
        "leader": post["role"] in LEADERS,
    }


def _rows(name: str) -> list[dict[str, Any]]:
    rows = yaml.load((SEED / name).read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    assert isinstance(rows, list)
    return rows


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(json.dumps(directory(), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
