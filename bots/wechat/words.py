"""What the account says: welcome, menu in words, answers, and the verdict on a scanned code."""

from __future__ import annotations

from core.answers import Heard
from core.licences.views import LicenceView
from core.policy.answers import Answer
from core.policy.codes import CodeWord

MENU = (
    "我能帮您：\n"
    "· 扫证照上的二维码，看是不是真的、有没有效\n"
    "· 查个人证照：{site}/c/person\n"
    "· 查企业证照：{site}/c/company\n"
    "· 看自己的证照：{site}/c/mine\n"
    "都在下面的菜单「证照查询」里。也可以直接打字问我，比如「证照丢了怎么补」。急事请拨 12345。"
)
WELCOME = "您好，这里是秀英区证照查询。"
NOT_HEARD = "这个我还没听懂，换个说法再问一次好吗？\n"
ONLY_WORDS = "我还看不懂{what}，请打字问我。\n"
KINDS = {
    "image": "图片", "voice": "语音", "video": "视频", "shortvideo": "视频", "location": "位置", "link": "链接",
    "file": "文件",
}  # fmt: skip
NOT_OURS = "这不是秀英区证照上的码，没有查到证照。请扫证照上印的二维码；怀疑是假证，请拨 12345。"


def menu(site: str) -> str:
    return MENU.format(site=site)


def welcome(site: str) -> str:
    return f"{WELCOME}\n{menu(site)}"


def not_heard(site: str) -> str:
    return NOT_HEARD + menu(site)


def only_words(kind: str, site: str) -> str:
    return ONLY_WORDS.format(what=KINDS[kind]) + menu(site)


def told(heard: Heard, site: str) -> str:
    """The answer; where it is not sure, two titles to choose from; else the menu."""
    if heard.answer is not None:
        return _said(heard.answer, site)
    if heard.near:
        titles = "\n".join(f"· {one.title}" for one in heard.near)
        return f"您是想问下面哪一件？把它发给我就行：\n{titles}\n都不是的话，换个说法再问，或拨 12345。"
    return not_heard(site)


def verdict(view: LicenceView, link: str) -> str:
    """The verdict first, then what is printed on the licence, masked, and where more is to be seen."""
    head = "有效" if view.usable else view.verdict
    lines = [
        f"「{head}」{view.type_name}",
        f"{'企业' if view.holder_kind == 'company' else '持证人'}：{view.holder}",
        f"{view.number_label}：{view.number}",
        f"发证机关：{view.issuer}",
        f"有效期：{view.term}",
        f"详情：{link}",
    ]
    return "\n".join(lines if view.usable else [*lines, "请不要凭它办事，有疑问拨 12345。"])


def code(word: CodeWord) -> str:
    """What a code is that stands for no licence."""
    return f"「{word.title}」{word.say}"


def _said(answer: Answer, site: str) -> str:
    return answer.say if answer.page is None else f"{answer.say}\n{answer.page.title}：{site}{answer.page.path}"
