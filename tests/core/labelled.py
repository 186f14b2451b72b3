"""A labelled set of repeated appeals, made from a seed: one matter told again, and others that only sound alike."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from core.likeness import Told

START = datetime(2026, 3, 1, tzinfo=UTC)

# Each matter as four people tell it: title and content. {p} is the place.
MATTERS: tuple[tuple[tuple[str, str], ...], ...] = (
    (
        ("{p}积水", "{p}一下雨就积水，雨停两小时也不退，电动车过去就熄火。"),
        ("{p}下雨被淹", "昨天大雨，{p}水有半个轮子高，公交都绕行，请派人抽排。"),
        ("雨后{p}水排不走", "每次下雨{p}的水都排不走，怀疑雨水口堵了。"),
        ("{p}内涝严重", "我家门口{p}内涝，老人小孩出不了门，盼尽快疏通。"),
    ),
    (
        ("{p}井盖破损", "{p}人行道上有块井盖裂了一半，晚上没灯很危险。"),
        ("{p}窨井盖坏了", "走路差点踩空，{p}的窨井盖烂了个洞。"),
        ("反映{p}井盖松动异响", "{p}车道上的井盖一压就响，已经翘起来了。"),
        ("{p}下水道盖子裂开", "孩子上学路过{p}，下水道盖子裂开大口子，请更换。"),
    ),
    (
        ("{p}路灯不亮", "{p}整段路灯晚上全黑，走路看不清。"),
        ("{p}一排路灯灭了", "从周一开始{p}的灯都灭了，下夜班的人害怕。"),
        ("请修{p}街灯", "{p}街灯坏了一个星期，没人来修。"),
        ("晚上{p}漆黑一片", "{p}没有照明，路灯不亮，昨晚有人摔倒。"),
    ),
    (
        ("{p}工地夜间施工扰民", "{p}旁边的工地半夜还在打桩，孩子睡不着。"),
        ("{p}凌晨施工噪音大", "连续三天凌晨两点{p}还在浇混凝土，噪音很大。"),
        ("投诉{p}深夜赶工", "{p}项目深夜赶工，机器声震耳，没法休息。"),
        ("{p}晚上工地太吵", "晚上十一点以后{p}工地太吵，请管管。"),
    ),
    (
        ("{p}烧烤摊占道经营", "{p}每晚都有烧烤摊占用人行道，油烟很大。"),
        ("{p}流动摊贩占道", "傍晚{p}小贩把摊摆到路上，车都过不去。"),
        ("{p}夜市摊占了人行道", "{p}人行道全是摊位，行人只能走机动车道。"),
        ("请清理{p}乱摆摊", "{p}乱摆摊没人管，满地油污和竹签。"),
    ),
    (
        ("{p}垃圾没人清运", "{p}的垃圾堆了好几天，苍蝇很多。"),
        ("{p}垃圾堆积如山", "{p}垃圾桶满了往外溢，臭得不行。"),
        ("{p}环卫不到位", "{p}三天没人收垃圾，路过都要捂鼻子。"),
        ("{p}路边垃圾臭气熏天", "天热，{p}的垃圾长期堆放发臭，请清运。"),
    ),
    (
        ("{p}停水两天", "{p}从昨天早上开始停水，没有通知。"),
        ("{p}突然断水", "整栋楼断水，{p}多户人家用不了水。"),
        ("{p}家里没水", "请问{p}什么时候来水，已经两天没水做饭。"),
        ("{p}自来水停了没人管", "打供水电话没人接，{p}自来水停了。"),
    ),
    (
        ("{p}经常跳闸停电", "一到晚上{p}就跳闸，冰箱里的东西都坏了。"),
        ("{p}停电没通知", "今天{p}停电六个小时，事先没有通知。"),
        ("{p}电压不稳老是断电", "{p}这片电压低，空调一开就断电。"),
        ("{p}又没电了", "这周第三次，{p}又没电，老人热得受不了。"),
    ),
    (
        ("{p}餐馆油烟直排", "{p}楼下餐馆的油烟直接排到住户窗口。"),
        ("{p}饭店炒菜烟进屋", "{p}一家饭店中午晚上炒菜烟都飘进家里，不敢开窗。"),
        ("投诉{p}大排档油烟", "{p}大排档没有装净化器，烟味呛人。"),
        ("{p}油烟扰民", "{p}餐饮店油烟管道对着居民楼，投诉多次没改。"),
    ),
    (
        ("{p}电梯老是坏", "{p}电梯三天两头停，老人爬十八楼。"),
        ("{p}电梯困人", "昨晚{p}电梯把人困在里面半个小时。"),
        ("{p}升降梯故障没人修", "{p}升降梯坏了一周，物业说没钱修。"),
        ("物业不修{p}电梯", "{p}电梯故障报了物业不管，出行困难。"),
    ),
    (
        ("{p}车辆乱停堵路", "{p}两边停满车，救护车都进不来。"),
        ("{p}违停严重", "{p}上下班时间车辆违停，公交过不去。"),
        ("{p}消防通道被占", "{p}的消防通道天天停车，出事怎么办。"),
        ("请整治{p}乱停车", "{p}乱停车没人贴单，天天堵。"),
    ),
    (
        ("{p}拖欠工资", "{p}项目的老板欠我们十几个人三个月工资。"),
        ("{p}工地欠薪", "在{p}工地干活，年底了一分钱没拿到，欠薪。"),
        ("讨要{p}工程工钱", "{p}工程完工半年，包工头不发工钱。"),
        ("{p}包工头跑了没发钱", "{p}的包工头联系不上，我们的工资没着落。"),
    ),
    (
        ("{p}楼顶违建", "{p}有人在楼顶加盖房子，敲了一个月。"),
        ("{p}私搭乱建", "{p}一楼住户把公共绿地圈起来盖房。"),
        ("举报{p}违法搭建", "{p}顶层搭铁皮房，刮台风很危险。"),
        ("{p}天台加盖没人查", "{p}天台又加盖一层，打电话没人来查。"),
    ),
    (
        ("{p}大树倒了挡路", "{p}一棵大树被风刮倒，车过不去。"),
        ("{p}树枝快掉下来", "{p}的树枝枯了，随时会砸到人。"),
        ("{p}行道树压到电线", "{p}树木长得太高压着电线，刮风冒火花。"),
        ("请修剪{p}树木", "{p}树枝挡住红绿灯，请修剪。"),
    ),
    (
        ("{p}路面坑洼", "{p}路面大坑一个接一个，骑车摔了。"),
        ("{p}路上有大坑", "{p}路口的大坑越来越大，轮胎都扎破了。"),
        ("{p}道路破损没人修", "{p}的路开裂下陷，走车颠得厉害。"),
        ("{p}坑坑洼洼难走", "施工完{p}没恢复，坑坑洼洼，下雨全是泥。"),
    ),
    (
        ("{p}广场舞噪音", "{p}每晚广场舞音响开很大，吵得孩子写不了作业。"),
        ("{p}跳舞音响太吵", "{p}的大妈跳舞到十点，声音太大。"),
        ("请管{p}广场舞", "{p}广场舞扰民，劝了也不听。"),
        ("{p}晚上放音乐扰民", "{p}晚上一群人放音乐跳舞，楼上听得清清楚楚。"),
    ),
)
PLACES = (
    ("港口路", "港口路公交站", "港口路段"),
    ("海盛路", "海盛路人行道", "海盛路南段"),
    ("丘海大道", "丘海大道立交", "丘海大道辅路"),
    ("秀华路", "秀华路口", "秀华路菜市场旁"),
    ("向荣路", "向荣路中段", "向荣路小学门口"),
    ("书场村", "书场村口", "书场村二队"),
    ("金鼎小区", "金鼎小区三期", "金鼎小区东门"),
    ("锦绣花园", "锦绣花园北区", "锦绣花园地下车库"),
    ("长滨三路", "长滨三路西侧", "长滨三路工地"),
    ("永万路", "永万路红绿灯", "永万路与港澳大道交叉口"),
    ("石山镇北街", "石山镇北街路口", "石山北街"),
    ("五源河", "五源河公园", "五源河边"),
    ("万福路", "万福路口", "万福路加油站旁"),
    ("和谐家园", "和谐家园六栋", "和谐家园门口"),
    ("东山镇墟", "东山镇墟市场", "东山墟"),
    ("海德路", "海德路学校旁", "海德路北段"),
    ("苍东村", "苍东村委会", "苍东村路口"),
    ("白水塘路", "白水塘路桥下", "白水塘路湿地旁"),
)
SLIPS = {
    "积": "集",
    "盖": "盍",
    "灯": "登",
    "烧": "绕",
    "拉": "啦",
    "停": "亭",
    "梯": "剃",
    "资": "姿",
    "树": "数",
    "坑": "炕",
}
OPENINGS = ("", "您好，", "我要反映，", "市民来电：", "再次投诉，")


@dataclass(frozen=True, slots=True)
class Labelled:
    """An appeal with the matter it is about: appeals of one matter are repeats of each other."""

    told: Told
    matter: int


def labelled(seed: int, matters: range, repeats: int = 150) -> list[Labelled]:
    """Appeals in order of arrival: repeats of one matter at one place, among others of like words or like places."""
    chance = random.Random(seed)
    subjects = [(topic, place) for topic in matters for place in range(len(PLACES))]
    chance.shuffle(subjects)
    found: list[Labelled] = []
    for number, (topic, place) in enumerate(subjects):
        times = chance.choice((2, 2, 3)) if number < repeats else 1
        found += [Labelled(told, number) for told in _tellings(chance, topic, place, times)]
    found.sort(key=lambda one: (one.told.at or START, one.matter))
    return found


def _tellings(chance: random.Random, topic: int, place: int, times: int) -> Iterator[Told]:
    """The same matter from several mouths: other words, another corner of the place, a slip of the pen, days later."""
    at = START + timedelta(minutes=chance.randrange(20 * 24 * 60))
    phone = f"p{chance.randrange(10**6)}"
    for title, content in chance.sample(MATTERS[topic], times):
        where = chance.choice(PLACES[place])
        spoken = where if chance.random() < 0.7 else PLACES[place][0]
        told = Told(
            _slip(chance, title.format(p=spoken)),
            chance.choice(OPENINGS) + _slip(chance, content.format(p=spoken)),
            where,
            phone=phone if chance.random() < 0.3 else f"p{chance.randrange(10**6)}",
            at=at,
        )
        yield told
        at += timedelta(hours=chance.randrange(1, 5 * 24))


def _slip(chance: random.Random, text: str) -> str:
    """Now and then a wrong character, as fast typing has it."""
    if chance.random() > 0.15:
        return text
    wrong = [sign for sign in text if sign in SLIPS]
    return text.replace(wrong[0], SLIPS[wrong[0]], 1) if wrong else text


def without_phones(appeals: list[Labelled]) -> list[Labelled]:
    """The same as if nobody had left a number."""
    return [replace(one, told=replace(one.told, phone="")) for one in appeals]
