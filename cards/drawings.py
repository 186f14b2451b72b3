"""The papers for whoever draws the templates in DingTalk's console: `python -m cards.drawings` writes them all."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

from cards import case_template, joint_new_template, joint_samples, joint_template, pictures, samples
from cards.briefing import briefing_face
from cards.briefing_sample import a_briefing
from cards.card import Face
from cards.case import case_face
from cards.digest import digest_face
from cards.draft import draft_face
from cards.home import home_face
from cards.joint import joint_face
from cards.joint_group import joint_group_face
from cards.joint_lists import joint_list_face, joint_new_face
from cards.manifest import Manifest, buttons, manifests
from cards.patrol import patrol_face
from cards.stats import StatsQuery, stats_face
from cards.warning import warning_face
from cards.warning_sample import a_warning
from cards.work import work_face
from core.views import Option

FOLDER = Path(__file__).parent / "manifests"
GENERATED = {"case": case_template, "joint": joint_template, "joint_new": joint_new_template}
ADDRESS = "https://console.example"
CASE, JOINT = "/intake?metric=hotline.on_time_rate", "/joint/new?metric=hotline.on_time_rate"
SHOWS = {
    "header": "标题栏",
    "muted": "灰色小字",
    "markdown": "Markdown 正文",
    "emphasis": "加粗一行",
    "rows": "两列文字（循环数组，每项 k、v）",
    "private": "浅黄底的私有提示，抬头「仅您可见」",
    "list": "循环数组，每项可点击",
    "buttons": "一行普通按钮",
    "more": "折叠面板，内放普通按钮",
    "link": "文字链接",
    "image": "图片",
    "foot": "末行灰色小字",
}
STYLES = {"primary": "主按钮", "default": "普通", "danger": "红字"}
TYPES = {"string": "字符串", "boolean": "布尔", "array": "数组", "markdown": "Markdown", "number": "数字"}


def faces() -> Mapping[str, tuple[Face, ...]]:
    """The sample faces of each template's picture."""
    guesses = (Option("待办", "看您要办的件"), Option("查 港口路", "找「港口路」的件"), Option("帮助", "看看能做什么"))
    stale = "已由林某于 09:12 签收，卡片已刷新。"
    return {
        "briefing": (briefing_face(a_briefing(), base=ADDRESS),),
        "case": (
            case_face(samples.a_case(), base=ADDRESS),
            case_face(samples.a_case_to_close(), stale, base=ADDRESS),
            case_face(samples.a_closed_case(), base=ADDRESS),
        ),
        "digest": (digest_face(samples.a_digest()),),
        "draft": (draft_face(samples.a_draft()), draft_face(samples.a_done_draft(), "已登记，编号 XYZJ20260309004213")),
        "home": (home_face(samples.a_home()), home_face(samples.a_home(), samples.a_page())),
        "patrol": (patrol_face(samples.a_patrol()),),
        "warning": (warning_face(a_warning(), base=ADDRESS, case=CASE, joint=JOINT),),
        "joint": (
            joint_face(joint_samples.a_joint_unit(), base=ADDRESS),
            joint_face(joint_samples.a_joint_signing(), base=ADDRESS),
            joint_face(joint_samples.a_joint_leader(), base=ADDRESS),
        ),
        "joint_group": (
            joint_group_face(joint_samples.a_joint_group(), base=ADDRESS),
            joint_group_face(joint_samples.a_joint_group_over(), base=ADDRESS),
        ),
        "joint_list": (joint_list_face(joint_samples.a_joint_page()),),
        "joint_new": (
            joint_new_face(choices=joint_samples.some_choices()),
            joint_new_face(choices=joint_samples.some_choices(), held=joint_samples.a_flag()),
            joint_new_face("XYDQ20260309000020", "已树旗，3 个单位已通知"),
        ),
        "stats": (
            stats_face(samples.a_stats(), samples.a_home(), StatsQuery(), base=ADDRESS),
            stats_face(
                samples.a_stats(), samples.a_home(), StatsQuery(opens="overdue:all:"), samples.a_page(), base=ADDRESS
            ),
        ),
        "work": (work_face(samples.a_page()), work_face(None, guesses=guesses)),
    }


def picture(template: str) -> bytes:
    """The PNG of one template, its sample faces side by side."""
    drawn = [pictures.card(manifests()[template], {**f.public, **f.private}) for f in faces()[template]]
    held = BytesIO()
    pictures.row(drawn).save(held, "PNG", optimize=True)
    return held.getvalue()


def readme() -> str:
    """How to draw every template, as tables."""
    return "\n".join([*_preface(), *(line for one in manifests().values() for line in _chapter(one))])


def write() -> None:
    """Everything that is generated: three manifests, README.md and the pictures."""
    for name, one in GENERATED.items():
        (FOLDER / f"{name}.yaml").write_text(one.text(), "utf-8")
    manifests.cache_clear()
    (FOLDER / "README.md").write_text(readme(), "utf-8")
    (FOLDER / "pictures").mkdir(exist_ok=True)
    for template in manifests():
        (FOLDER / "pictures" / f"{template}.png").write_bytes(picture(template))


def _preface() -> Iterator[str]:
    yield "# 卡片模板绘制说明"
    yield ""
    yield "由 `python -m cards.drawings` 生成，请勿手改。在钉钉开发者后台的卡片平台为每个模板新建一张卡片，"
    yield "按下表建变量、摆组件、配回传，保存并发布后，把模板编号填进 `config.yaml` 的 `dingtalk.templates`。"
    yield ""
    yield "- 变量名、动作编号、表单字段名一字不差；标「私有」的变量在后台也要勾选私有。"
    yield "- 传来的值都是字符串：布尔是 `true` / `false`，数组是 JSON 文本；每个值不超过 1 KB。"
    yield "- 每个按钮的点击事件选「回传请求」，动作编号填表中的编号，参数取同名变量的当前值；有表单的动作先弹出表单，"
    yield "  提交时以 `form` 为名一并回传。"
    yield "- 「显示条件」为空的组件一直显示；否则仅当该布尔变量为真时显示。按钮逐个设置条件，不要用竖排按钮组件。"
    yield "- 循环数组里，`caption` 不为空时在该行上方显示一行小标题；`tag` 用 `tone` 的颜色：grey 灰、blue 蓝、"
    yield "  orange 橙、red 红、green 绿、yellow 黄。"
    yield ""


def _chapter(manifest: Manifest) -> Iterator[str]:
    yield f"## {manifest.title} `{manifest.template}`"
    yield ""
    yield f"![{manifest.title}](pictures/{manifest.template}.png)"
    yield ""
    yield "### 组件，自上而下"
    yield ""
    yield "| 序 | 组件 | 内容 | 显示条件 |"
    yield "|---:|---|---|---|"
    yield from (
        f"| {place} | {SHOWS[block['show']]} | {_content(block)} | {_code(block.get('if', ''))} |"
        for place, block in enumerate(manifest.layout, 1)
    )
    yield ""
    yield from _buttons(manifest)
    yield from _actions(manifest)
    yield from _variables(manifest)


def _content(block: Mapping[str, Any]) -> str:
    show = block["show"]
    if show == "header":
        told = f"标题 `{block['title']}`"
        return told + (f"，标签 `{block['tag']}`，标签颜色 `{block['tone']}`" if "tag" in block else "")
    if show == "list":
        params = "、".join(f"`{name}` 取该行 `{key}`" for name, key in block["params"].items())
        grid = f"，每行 {block['columns']} 格" if "columns" in block else ""
        return f"数组 `{block['of']}`{grid}；点击回传 `{block['action']}`，{params}"
    if show == "rows":
        return f"数组 `{block['of']}`"
    if show in ("buttons", "more"):
        return f"见下面的按钮表{'（' + block['title'] + '）' if show == 'more' else ''}"
    if show == "image":
        return f"图片地址取 `{block['url']}`"
    if show == "link":
        return f"「{block['text']}」打开 `{block['url']}`"
    return f"`{block['text']}`"


def _buttons(manifest: Manifest) -> Iterator[str]:
    drawn = [(block["show"], one) for block in manifest.layout for one in buttons(block)]
    if not drawn:
        return
    yield "### 按钮，依次排列"
    yield ""
    yield "| 位置 | 文字 | 样式 | 动作编号 | 显示条件 |"
    yield "|---|---|---|---|---|"
    for show, one in drawn:
        place = "外面" if show == "buttons" else "更多"
        yield f"| {place} | {one['title']} | {STYLES[one['style']]} | `{one['action']}` | {_code(one.get('if', ''))} |"
    yield ""


def _actions(manifest: Manifest) -> Iterator[str]:
    yield "### 动作的回传参数与表单"
    yield ""
    yield "| 动作编号 | 参数 | 表单字段（`*` 必填） |"
    yield "|---|---|---|"
    for name, spec in manifest.actions.items():
        params = "、".join(f"`{one}`" for one in spec.params) or "无"
        yield f"| `{name}` | {params} | {'<br>'.join(_form(manifest, name)) or '无'} |"
    yield ""


def _form(manifest: Manifest, action: str) -> Iterator[str]:
    for field in manifest.forms.get(action, ()):
        told = f"`{field.name}`{' *' if field.required else ''} {field.label}，{field.kind}"
        if field.options:
            told += "：" + "、".join(f"{value}={text}" for value, text in field.options)
        if field.options_from:
            told += f"，选项取数组 `{field.options_from}`"
        if field.default_from:
            told += f"，初始值取 `{field.default_from}`"
        yield told + (f"；提示「{field.placeholder}」" if field.placeholder else "")


def _variables(manifest: Manifest) -> Iterator[str]:
    yield "### 变量"
    yield ""
    yield "| 变量 | 类型 | 公有或私有 |"
    yield "|---|---|---|"
    for side, names in (("公有", manifest.public), ("私有", manifest.private)):
        yield from (f"| `{name}` | {TYPES[kind]} | {side} |" for name, kind in names.items())
    yield ""


def _code(name: str) -> str:
    return f"`{name}`" if name else ""


if __name__ == "__main__":
    write()
    sys.stdout.write("cards/manifests is up to date\n")
