"""Likely personal data: what must be found, what must be left alone, and how it is masked."""

import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongxin.core.redaction import Finding, Kind, find_personal_data, mark, redact

# text, what is found in it, the text as it may be published; people and numbers are invented
FOUND = [
    # mobile numbers
    ("打13812341111找我", [(Kind.MOBILE, "13812341111")], "打138****1111找我"),
    ("138 1234 1111", [(Kind.MOBILE, "138 1234 1111")], "138****1111"),
    ("138-1234-1111", [(Kind.MOBILE, "138-1234-1111")], "138****1111"),
    ("1 3 8 1 2 3 4 1 1 1 1", [(Kind.MOBILE, "1 3 8 1 2 3 4 1 1 1 1")], "138****1111"),
    ("手机１３８１２３４１１１１。", [(Kind.MOBILE, "１３８１２３４１１１１")], "手机138****1111。"),
    ("+86 13812341111", [(Kind.MOBILE, "+86 13812341111")], "138****1111"),
    ("一三八一二三四一一一一", [(Kind.MOBILE, "一三八一二三四一一一一")], "138****1111"),
    # landlines
    ("座机0731-85551234", [(Kind.LANDLINE, "0731-85551234")], "座机****-****"),
    ("（0731）8555 1234转801", [(Kind.LANDLINE, "（0731）8555 1234转801")], "****-****"),
    ("电话：85551234", [(Kind.LANDLINE, "85551234")], "电话：****-****"),
    # identity documents
    ("身份证43010319800101123X", [(Kind.IDENTITY, "43010319800101123X")], "身份证********"),
    ("430103 19800101 123X", [(Kind.IDENTITY, "430103 19800101 123X")], "********"),
    ("430103800101123", [(Kind.IDENTITY, "430103800101123")], "********"),
    ("身份证号码：4301031980010112", [(Kind.IDENTITY, "4301031980010112")], "身份证号码：********"),
    ("护照E12345678", [(Kind.IDENTITY, "E12345678")], "护照********"),
    # bank cards
    ("工行4111111111111111", [(Kind.BANK_CARD, "4111111111111111")], "工行********"),
    ("卡号6222 0213 8123 4567 890", [(Kind.BANK_CARD, "6222 0213 8123 4567 890")], "卡号********"),
    # accounts
    ("写信到san@example.com吧", [(Kind.EMAIL, "san@example.com")], "写信到***@***吧"),
    ("微信号zhangsan88", [(Kind.SOCIAL, "zhangsan88")], "微信号***"),
    ("加我wx：abcdef", [(Kind.SOCIAL, "abcdef")], "加我wx：***"),
    ("加我V：lucky_2020", [(Kind.SOCIAL, "lucky_2020")], "加我V：***"),
    ("QQ 123456789", [(Kind.SOCIAL, "123456789")], "QQ ***"),
    # plates
    ("湘A12345挡道", [(Kind.PLATE, "湘A12345")], "湘A*****挡道"),
    ("湘A·12345", [(Kind.PLATE, "湘A·12345")], "湘A*****"),
    ("湘AD12345", [(Kind.PLATE, "湘AD12345")], "湘A*****"),
    ("湘a 1234学", [(Kind.PLATE, "湘a 1234学")], "湘A*****"),
    # homes
    ("我家3栋502", [(Kind.HOUSE, "3栋502")], "我家×栋×室"),
    ("12号楼2单元301室", [(Kind.HOUSE, "12号楼2单元301室")], "×号楼×单元×室"),
    ("芙蓉中路88号3楼", [(Kind.HOUSE, "88号3楼")], "芙蓉中路×号×楼"),
    ("3#502漏水", [(Kind.HOUSE, "3#502")], "×#×室漏水"),
    ("三栋五零二", [(Kind.HOUSE, "三栋五零二")], "×栋×室"),
    ("Ａ座１２０３", [(Kind.HOUSE, "Ａ座１２０３")], "×座×室"),
    ("阳光小区3-2-501", [(Kind.HOUSE, "3-2-501")], "阳光小区×-×-×室"),
    ("3栋502户水管坏了", [(Kind.HOUSE, "3栋502户")], "×栋×户水管坏了"),
    ("3栋502天花板漏水", [(Kind.HOUSE, "3栋502")], "×栋×室天花板漏水"),
    ("5单元1203", [(Kind.HOUSE, "5单元1203")], "×单元×室"),
    ("3单元5楼东户", [(Kind.HOUSE, "3单元5楼东户")], "×单元×楼东户"),
    ("5楼501", [(Kind.HOUSE, "5楼501")], "×楼×室"),
    ("302房漏水", [(Kind.HOUSE, "302房")], "×房漏水"),
    ("家住新天村5组12号", [(Kind.HOUSE, "5组12号")], "家住新天村×组×号"),
    ("住址：湘府路12号", [(Kind.HOUSE, "12号")], "住址：湘府路×号"),
    # names
    ("联系人：张三", [(Kind.NAME, "张三")], "联系人：某某"),
    ("联系人李建国，下午在家", [(Kind.NAME, "李建国")], "联系人某某，下午在家"),
    ("联系人：欧阳娜娜", [(Kind.NAME, "欧阳娜娜")], "联系人：某某"),
    ("姓名：阿依古丽", [(Kind.NAME, "阿依古丽")], "姓名：某某"),
    ("反映人：阿不都·热合曼", [(Kind.NAME, "阿不都·热合曼")], "反映人：某某"),
    ("联系人：刘嬢嬢", [(Kind.NAME, "刘嬢嬢")], "联系人：某嬢嬢"),
    ("联系人孙女士", [(Kind.NAME, "孙女士")], "联系人某女士"),
    ("联系人：高先生", [(Kind.NAME, "高先生")], "联系人：某先生"),
    ("联系人：王某某", [(Kind.NAME, "王某某")], "联系人：某某"),
    ("我叫王小明，住在黄土岭", [(Kind.NAME, "王小明")], "我叫某某，住在黄土岭"),
    ("我叫张三住在附近", [(Kind.NAME, "张三")], "我叫某某住在附近"),
    ("本人李建国，系黄土岭居民", [(Kind.NAME, "李建国")], "本人某某，系黄土岭居民"),
    ("我是湘府路社区居民刘建军，", [(Kind.NAME, "刘建军")], "我是湘府路社区居民某某，"),
    ("家住黄土岭社区的刘桂花反映", [(Kind.NAME, "刘桂花")], "家住黄土岭社区的某某反映"),
    ("家住桂花坪的孙女士说", [(Kind.NAME, "孙女士")], "家住桂花坪的某女士说"),
    ("张桂花女士说", [(Kind.NAME, "张桂花女士")], "某女士说"),
    ("妈妈叫周玉兰", [(Kind.NAME, "周玉兰")], "妈妈叫某某"),
    # together
    ("李四13812341111", [(Kind.NAME, "李四"), (Kind.MOBILE, "13812341111")], "某某138****1111"),
    (
        "请联系周敏（138-1234-1111）",
        [(Kind.NAME, "周敏"), (Kind.MOBILE, "138-1234-1111")],
        "请联系某某（138****1111）",
    ),
    ("户主：何秀英，3栋502", [(Kind.NAME, "何秀英"), (Kind.HOUSE, "3栋502")], "户主：某某，×栋×室"),
    ("李小龙说，联系人：李小龙", [(Kind.NAME, "李小龙"), (Kind.NAME, "李小龙")], "某某说，联系人：某某"),
]

LEFT_ALONE = """
2026年，我们小区 | 3栋楼之间没有路灯 | 请拨12345热线 | 根据第3条 | 早上7:20–8:40堵车 | 7：20—8：40 | 12栋3层楼
3栋120多户居民 | 3栋120米处 | 共502户居民 | 3栋2026年建成 | 110和120 | 芙蓉路88号 | 5栋旁边的3个车位
投资15000000000元 | 联系人方便时 | 联系人员 | 联系人电话 | 我是黄土岭社区的居民 | 我是高三学生 | 我是业主
本人严重怀疑 | 本人于2026年5月 | 本人常年在外 | 本人多次反映 | 微信公众号 | 微信小程序WeChat | 家住附近的居民反映
住在6楼的老人 | 家住高层的老人 | 住在一号线旁边 | 2026-07-20 08:30 | 天心区2026〔12〕号 | 微建议〔2026〕12号
公交502路 | 湘府路与芙蓉路 | 吉A级景区 | 30楼以上 | 二层楼房 | 小区高空抛物 | 110室内 | 周边小朋友多 | 全体同学
三座桥 | 10号线地铁 | 8月15日至20日 | 人均3000元 | GB/T 9704-2012 | 3栋和4栋之间 | 3-5天 | 2026-1-15 | 第2个路口红灯90秒
联系人：匿名 | 姓名：保密 | 联系人：社区 | 0.7318888888 | 面积120平方米 | 一栋三层的楼房 | 我叫车去医院 | 3栋5楼顶
向社区反映 | 孩子在学校读书 | 邻居装修扰民 | 孩子安全，请重视 | 噪声65分贝 | 杆号SY-0123至SY-0137 | 取件码6-5-3201
12栋有24户，其中18户同意 | 3栋2单元电梯坏了 | 12栋1-3单元都停水 | 小区东门18路公交站 | 提案第0123号
惠及3600余户居民，面积约15000平方米 | 联系电话见公告栏 | 1234567890123456 | 湘A段 | 第1380次会议
"""


@pytest.mark.parametrize(
    ("text", "expected", "published"), FOUND, ids=[text for text, _found, _published in FOUND]
)
def test_personal_data_is_found_and_masked(
    text: str, expected: list[tuple[Kind, str]], published: str
) -> None:
    findings = find_personal_data(text)
    assert [(find.kind, find.text) for find in findings] == expected
    assert redact(text, findings) == published


@pytest.mark.parametrize(
    "text", [text.strip() for line in LEFT_ALONE.strip().splitlines() for text in line.split("|")]
)
def test_ordinary_text_is_left_alone(text: str) -> None:
    assert find_personal_data(text) == []


@pytest.mark.parametrize(
    ("text", "_expected", "published"), FOUND, ids=[text for text, _found, _published in FOUND]
)
def test_masked_text_holds_nothing_more_to_find(text: str, _expected: object, published: str) -> None:
    assert find_personal_data(published) == []


@pytest.mark.parametrize(
    ("text", "is_sure"),
    [
        ("43010319800101123X", True),
        ("430103198001011234", False),
        ("身份证号430103198001", None),
        ("4111111111111111", True),
        ("卡号4111111111111112", False),
        ("号4111111111111112", None),
        ("430103199913011234", None),
    ],
)
def test_checksums_make_a_find_sure(text: str, is_sure: bool | None) -> None:
    findings = find_personal_data(text)
    assert [find.is_sure for find in findings] == ([] if is_sure is None else [is_sure])


def test_a_whole_letter() -> None:
    text = (
        "我是湘府路社区居民刘建军，电话一三九七四八八一二三四，家住桂庄小区4栋1单元602，"
        "小区车位被湘A88888长期占用，每天7:30到8:20堵车，物业电话0731-85123456无人接。"
    )
    published = redact(text, find_personal_data(text))
    assert published == (
        "我是湘府路社区居民某某，电话139****1234，家住桂庄小区×栋×单元×室，"
        "小区车位被湘A*****长期占用，每天7:30到8:20堵车，物业电话****-****无人接。"
    )


def test_marked_segments_are_the_text() -> None:
    text = "联系人：张三，3栋502，谢谢"
    assert mark(text) == [
        ("联系人：", None),
        ("张三", Kind.NAME),
        ("，", None),
        ("3栋502", Kind.HOUSE),
        ("，谢谢", None),
    ]
    assert mark("谢谢") == [("谢谢", None)]
    assert mark("") == []
    assert mark(text, []) == [(text, None)]


def test_a_person_may_choose_what_is_masked() -> None:
    text = "联系人：张三，3栋502"
    assert (
        redact(text, [find for find in find_personal_data(text) if find.kind is Kind.HOUSE])
        == "联系人：张三，×栋×室"
    )
    assert redact(text, []) == text


@pytest.mark.parametrize(
    "findings",
    [[Finding(Kind.NAME, 0, 2, "张三")], [Finding(Kind.NAME, 4, 6, "张三"), Finding(Kind.NAME, 5, 6, "三")]],
)
def test_findings_of_another_text_are_refused(findings: list[Finding]) -> None:
    with pytest.raises(ValueError, match="belong"):
        redact("联系人：张三", findings)


def test_every_kind_has_a_label() -> None:
    assert len({str(kind.label) for kind in Kind}) == len(Kind)


pieces = st.sampled_from(
    [text for text, _found, _published in FOUND] + ["，", "。", "\n", "路灯不亮", " ", "2026年", "3栋", "😀"]
)


@given(st.one_of(st.text(), st.lists(pieces, max_size=8).map("".join)))
def test_any_text(text: str) -> None:
    findings = find_personal_data(text)
    assert [find.text for find in findings] == [text[find.start : find.end] for find in findings]
    assert all(one.end <= two.start for one, two in pairwise(findings))
    assert "".join(part for part, _kind in mark(text)) == text
    redact(text, findings)


@given(st.lists(st.sampled_from(FOUND), min_size=1, max_size=6))
def test_nothing_found_alone_is_lost_among_others(
    cases: list[tuple[str, list[tuple[Kind, str]], str]],
) -> None:
    text = "。\n".join(case[0] for case in cases)
    published = redact(text, find_personal_data(text))
    for case in cases:
        for kind, secret in case[1]:
            if kind in {Kind.MOBILE, Kind.IDENTITY, Kind.BANK_CARD, Kind.PLATE}:
                assert secret not in published


@pytest.mark.parametrize(
    "unit",
    [
        "a",
        "1 ",
        "家住",
        "家住的",
        "联系人：张三",
        "3栋",
        "三",
        "1.",
        "a@",
        "先生",
        "我是",
        "张三丰13812341111 ",
    ],
)
def test_hostile_text_costs_little(unit: str) -> None:
    text = unit * (20_000 // len(unit))
    begun = time.perf_counter()
    find_personal_data(text)
    assert time.perf_counter() - begun < 2
