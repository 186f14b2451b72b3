"""An invented licence of any type, for whoever designs its face: every field filled, nothing of it real."""

from __future__ import annotations

from datetime import date
from types import MappingProxyType

import qrcode
from PIL import Image

from core.licence_faces.values import FaceValues
from core.policy.licences import COMPANY, LicenceField, LicenceType

COMPANY_NAME, PERSON_NAME = "海口演示商贸有限公司", "陈小演"
CREDIT_CODE, ID_NUMBER = "91460105MA5TY00015", "460105199003071238"
IDENTIFIER_ROOT = "1.2.156.3005.2"
FIRST_DAY = date(2024, 3, 9)
WORDS = MappingProxyType(
    {
        "scope": "预包装食品销售，散装食品销售，热食类食品制售，自制饮品制售",
        "address": "海口市秀英区海秀西路演示大厦1层101号",
        "place": "海口市秀英区海秀西路演示大厦1层101号", "legal_person": "陈小演",
        "operator": COMPANY_NAME,
        "manager": "王小示", "capital": "壹佰万元人民币", "signer": "李某某",
        "entity_type": "有限责任公司（自然人独资）",
        "complaint_phone": "12315", "business_kind": "餐饮服务经营者（中型餐馆）", "plate": "琼A·Y0001",
        "labour_dispatch.scope": "劳务派遣业务",
        "hr_service.scope": "为求职者和用人单位提供职业介绍、职业指导、人力资源培训、人力资源服务外包",
        "road_transport.scope": "道路普通货物运输、货物专用运输（冷藏保鲜）",
        "tobacco_retail.scope": "卷烟零售、雪茄烟零售",
        "drug_business.scope": "处方药、甲类非处方药、乙类非处方药、中药饮片、中成药、化学药制剂、抗生素制剂、生化药品",
        "subjects": "内科／外科／妇产科／儿科／口腔科／医学检验科／医学影像科／中医科", "vin": "LSVAA2180N2000001",
    }
)  # fmt: skip
NUMBERS = MappingProxyType(
    {
        "food_business": "JY24601050012345", "business_licence": CREDIT_CODE, "drug_business": "琼DA0898001",
        "public_place_health": "秀卫公证字〔2024〕第0012号", "hr_service": "（琼）人服证字〔2024〕第0105001213号",
        "labour_dispatch": "琼46010520240012", "private_school": "教民246010570000018号",
        "road_transport": "琼交运管许可海字460105000012号", "medical_institution": "PDY00118646010515D1202",
        "tobacco_retail": "460105100012",
    }
)  # fmt: skip


def sample_values(kind: LicenceType, many: bool = False) -> FaceValues:
    """A sample; `many`: every text as long as its field allows up to two hundred characters, to see what fits."""
    number = NUMBERS.get(kind.key, "演示460105202400012")
    values: dict[str, str | date | None] = {one.key: _word(kind.key, one, many) for one in kind.fields}
    values |= {
        "number": number,
        "holder": COMPANY_NAME if kind.holder == COMPANY else PERSON_NAME,
        "holder_code": CREDIT_CODE if kind.holder == COMPANY else ID_NUMBER,
        "issuer": kind.issuer.name,
        "issued_on": FIRST_DAY,
        "valid_from": FIRST_DAY,
        "valid_to": kind.last_day(FIRST_DAY),
    }
    identifier = f"{IDENTIFIER_ROOT}.{kind.code}.{kind.issuer.code}.20240000012.001.X"
    return FaceValues(kind, MappingProxyType(values), identifier, "有效")


def _word(kind: str, one: LicenceField, many: bool) -> str | date:
    match one.check:
        case "date":
            return FIRST_DAY
        case "choice":
            return one.choices[0]
        case "integer":
            return "12"
        case "decimal":
            return "128.50"
        case "phone":
            return "13800001234"
        case "id_number":
            return ID_NUMBER
        case "uscc":
            return CREDIT_CODE
    text = WORDS.get(f"{kind}.{one.key}") or WORDS.get(one.key, f"{one.label.partition('（')[0]}演示")
    return (text + "，") * (min(one.max, 200) // (len(text) + 1)) or text if many else text[: one.max]


def sample_code() -> Image.Image:
    """A code that leads nowhere, to see where the real one will stand."""
    made: Image.Image = qrcode.make("演示二维码，不作凭证", border=1).get_image()
    return made
