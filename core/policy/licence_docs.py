"""Writes licence_types/README.md: which kinds of licence are known, what each asks for, how the next one is added."""

from __future__ import annotations

from collections.abc import Iterator

from core.policy import HERE
from core.policy.licences import COMPANY, LicenceType, licence_types

TARGET = HERE / "licence_types" / "README.md"
HEAD = """# 证照类型

本页由 `make docs` 根据本目录下的表生成，不手工修改。
一个文件是一种证照，文件名是它在程序里的名字；新增一种就是新增一个文件，不改程序。

- `code`：证照类型代码（GB/T 36904），定义该类证照的机构的统一社会信用代码加三位顺序号。
  这里的机构代码以 `MB9`（国家机构）和 `MB8`（发证机关）开头，是练习用的：
  写法和校验位都对，但不是已公布的代码。上线前按国家证照目录和本区赋码逐个替换。
- `number`：证照上编号的叫法；写法固定的附上 `pattern`。
- `fields`：每种证照都有编号、持证人及其代码、发证机关、发证日期、有效期起止，这里是除此以外还写什么。
  `check` 是怎样核对，`public` 是没有登录的人扫码时看到全部（`full`）、遮挡后（`masked`）还是看不到（`none`）。
  导入表格的栏目由此得出。
- `validity`：有效几年；空着是长期有效。
- `face`：电子证照的版面，`print`：套打在印好的证纸上的文字位置，单位都是毫米。
  没有 `face` 的按栏目自动排版。

"""


def document() -> str:
    """The whole page."""
    types = list(licence_types().values())
    groups = dict.fromkeys(one.group for one in types)
    faces = sum(one.face is not None for one in types)
    told = f"共 {len(types)} 种，其中 {faces} 种有专门的版面。\n"
    return "\n".join([HEAD + told, *(part for group in groups for part in _group(group, types))])


def _group(group: str, types: list[LicenceType]) -> Iterator[str]:
    yield f"## {group}\n"
    yield "| 证照 | 持证人 | 发证机关 | 有效期 | 版面 | 栏目 |\n| --- | --- | --- | --- | --- | --- |"
    for one in types:
        if one.group == group:
            yield f"| {' | '.join(_cells(one))} |"
    yield ""


def _cells(one: LicenceType) -> tuple[str, ...]:
    drawn = "、".join(word for word, made in (("电子", one.face), ("套打", one.print)) if made is not None)
    return (
        f"{one.name} `{one.key}`",
        "单位" if one.holder == COMPANY else "个人",
        one.issuer.name,
        "长期" if one.years is None else f"{one.years} 年",
        drawn or "自动",
        "、".join((one.number.label, *(field.label for field in one.fields))),
    )


def write() -> None:
    """Write the page."""
    TARGET.write_text(document(), encoding="utf-8")
