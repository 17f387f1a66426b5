"""Codes about a person: sex and education by national standard, the rest ours."""

from __future__ import annotations

from referral_hub.codes.sets import Codes, make_codes
from referral_hub.i18n import Label

SEX: Codes = {
    "1": Label(zh="男", en="Male"),
    "2": Label(zh="女", en="Female"),
    "0": Label(zh="未知", en="Unknown"),
    "9": Label(zh="未说明", en="Not stated"),
}

EDUCATION: Codes = {
    "10": Label(zh="研究生", en="Postgraduate"),
    "20": Label(zh="大学本科", en="Bachelor's degree"),
    "30": Label(zh="大学专科", en="College diploma"),
    "40": Label(zh="中等职业教育", en="Vocational secondary"),
    "60": Label(zh="普通高中", en="Senior secondary"),
    "70": Label(zh="初中", en="Junior secondary"),
    "80": Label(zh="小学", en="Primary school"),
    "90": Label(zh="其他", en="Other"),
}

EMPLOYMENT_STATUS = make_codes(
    contract=("合同就业", "Employed under contract"),
    flexible=("灵活就业", "Flexible employment"),
    self_employed=("自雇或个体经营", "Self-employed"),
    public_welfare=("公益性岗位", "Public-welfare post"),
    training=("培训中", "In training"),
    registered_unemployed=("登记失业", "Registered unemployed"),
    unemployed=("未登记失业", "Unemployed, not registered"),
    unable=("无劳动能力", "Unable to work"),
    studying=("就学", "Studying"),
    retired=("退休", "Retired"),
    undisclosed=("不愿透露", "Prefers not to say"),
)

HOUSING_STATUS = make_codes(
    own=("自有住房", "Own home"),
    family=("与家人同住", "With family"),
    rented=("租房", "Rented"),
    employer=("单位宿舍", "Employer's dormitory"),
    halfway_house=("中途之家", "Halfway house"),
    borrowed=("借住", "Staying with others"),
    shelter=("救助站", "Relief station"),
    none=("无固定住所", "No fixed home"),
    undisclosed=("不愿透露", "Prefers not to say"),
)

# How a grown person is described to a partner instead of a birth date (R16).
AGE_BANDS: Codes = {
    "0-13": Label(zh="14岁以下", en="Under 14"),
    "14-17": Label(zh="14–17岁", en="14–17"),
    "18-24": Label(zh="18–24岁", en="18–24"),
    "25-34": Label(zh="25–34岁", en="25–34"),
    "35-44": Label(zh="35–44岁", en="35–44"),
    "45-54": Label(zh="45–54岁", en="45–54"),
    "55-64": Label(zh="55–64岁", en="55–64"),
    "65+": Label(zh="65岁及以上", en="65 and over"),
}

# Families of work a client may say they look for. Which of them are barred while a measure lasts is no code of a
# person: `cases.occupations` works it out, and only fitting families leave (R19).
JOB_FAMILIES = make_codes(
    manufacturing=("生产制造", "Manufacturing"),
    catering=("餐饮厨师", "Catering and cooking"),
    housekeeping=("家政保洁", "Housekeeping and cleaning"),
    retail=("商贸零售", "Shops and sales"),
    warehouse=("仓储分拣", "Warehouse and sorting"),
    construction=("建筑装修", "Building and decoration"),
    repair=("维修手艺", "Repair trades"),
    beauty=("美容美发", "Hair and beauty"),
    farming=("种植养殖", "Farming"),
    office=("文员客服", "Office and customer service"),
    online=("电商与新媒体", "Online sales and media"),
    care=("养老护理", "Care of older people"),
    design=("设计与信息技术", "Design and IT"),
    crafts=("手工与工艺", "Handicrafts"),
    own_business=("自主创业", "Own business"),
    driving=("机动车驾驶", "Driving"),
    public_transport=("城市公共交通", "Urban public transport"),
    children=("幼儿园和学校", "Kindergartens and schools"),
    drone=("无人机驾驶", "Flying drones"),
)
