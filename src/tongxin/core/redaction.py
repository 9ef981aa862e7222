"""Likely personal data in a text: found, marked for a person to look at, masked before anything goes public.

Rules of thumb tuned for recall: the office sees what was marked and decides. Pure: no settings, no
database.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, cast

from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise


class Kind(Enum):
    """What kind of personal data. The order is the order in which overlapping finds win."""

    IDENTITY = "identity"
    BANK_CARD = "bank_card"
    EMAIL = "email"
    SOCIAL = "social"
    MOBILE = "mobile"
    LANDLINE = "landline"
    PLATE = "plate"
    HOUSE = "house"
    NAME = "name"

    @property
    def label(self) -> "_StrPromise":
        """The kind in words."""
        return _LABELS[self]


_LABELS: dict[Kind, "_StrPromise"] = {
    Kind.IDENTITY: _("身份证件号码"),
    Kind.BANK_CARD: _("银行卡号"),
    Kind.EMAIL: _("电子邮箱"),
    Kind.SOCIAL: _("微信或QQ号"),
    Kind.MOBILE: _("手机号"),
    Kind.LANDLINE: _("座机号"),
    Kind.PLATE: _("车牌号"),
    Kind.HOUSE: _("门牌号"),
    Kind.NAME: _("姓名"),
}
_ORDER = {kind: index for index, kind in enumerate(Kind)}


@dataclass(frozen=True, slots=True)
class Finding:
    """What stands at ``start:end``; ``is_sure`` when a checksum or an unmistakable form says so."""

    kind: Kind
    start: int
    end: int
    text: str
    is_sure: bool = False


# Everything is looked for in a copy of the same length with narrow digits, letters and punctuation.


def _late(pattern: str, flags: int = 0) -> "re.Pattern[str]":
    """A pattern compiled when it is first used: all of them together take longer than most of what is loaded at a start."""
    return cast("re.Pattern[str]", SimpleLazyObject(lambda: re.compile(pattern, flags)))


_NARROW = {0xFF01 + n: 0x21 + n for n in range(94)} | {0x3000: " ", 0xA0: " "}
_NARROW |= dict.fromkeys(map(ord, "‐‑‒–—―−"), "-") | dict.fromkeys(map(ord, "•・‧∙●"), "·")
_SPOKEN_DIGITS = str.maketrans("〇零一幺二三四五六七八九", "001123456789")

_CJK = r"\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U000323af"
_GAP = r"[ \t.·_-]{0,2}"
_PROVINCE = r"(?:1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[1-3])"
_MONTH_DAY = r"(?:0[1-9]|1[0-2])[ -]?(?:0[1-9]|[12]\d|3[01])"

_MOBILE = _late(
    rf"(?<![\dA-Za-z])(?:\+?86[ -]{{0,2}})?1{_GAP}[3-9](?:{_GAP}\d){{9}}(?!\d|元|亿|万元|吨|平[米方])"
)
_LANDLINE = _late(
    r"(?<![\d.])(?:\+?86[ -]?)?\(?0(?:10|2\d|[3-9]\d\d)\)?[ -]{0,2}[2-9]\d{2,3}[ -]?\d{4}"
    r"(?:[ -]?转[ ]?\d{1,6})?(?!\d)"
)
_LOCAL_LINE = _late(
    r"(?:电话|座机|固话|致电|拨打|来电|[Tt][Ee][Ll])[^\d\n]{0,6}([2-9]\d{2,3}[ -]?\d{4})(?![\d年])"
)
_IDENTITY = _late(
    rf"(?<![\dA-Za-z]){_PROVINCE}\d{{4}}[ -]?"
    rf"(?:(?:18|19|20)\d\d[ -]?{_MONTH_DAY}[ -]?\d{{3}}[\dXx]|\d\d{_MONTH_DAY}\d{{3}})"
    r"(?![\dA-Za-z])"
)
_LABELLED_IDENTITY = _late(
    r"(?:身份证|证件)(?:号码|号)?[:是为 ]{0,3}(\d(?:[ -]?\d){13,16}[ -]?[\dXx])(?![\dA-Za-z])"
)
_PASSPORT = _late(r"(?:护照|通行证)(?:号码|号)?[:是为 ]{0,3}([A-Za-z]{1,2}\d{7,9})(?!\d)")
_CARD = _late(r"(?<![\dA-Za-z])[3-6](?:[ -]?\d){14,18}(?![\dA-Za-z])")
_CARD_LABEL = _late(r"(?:卡号|账号|帐号|银行卡|账户|存折)[^\d\n]{0,10}$")
_EMAIL = _late(
    r"(?<![\w.%+-])[A-Za-z0-9][\w.%+-]{0,63}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,4}", re.ASCII
)
_WECHAT = _late(
    r"(?:微信|威信|薇信|v信|加我?v(?=[: 是])|\bvx|\bwx|wechat|weixin)(?P<sure>(?:号码|号|ID)?[:是为 ]{0,3})"
    r"(?P<id>[A-Za-z_][-\w]{5,19})"
    r"|(?:QQ|扣扣)(?:号码|号|群)?[:是为 ]{0,3}(?P<qq>[1-9]\d{4,11})(?!\d)",
    re.ASCII | re.IGNORECASE,
)
_PLATE = _late(
    r"[京津冀晋蒙辽吉黑沪苏浙皖闽赣鲁豫鄂湘粤桂琼渝川贵云藏陕甘青宁新][A-HJ-NP-Z][·. -]?"
    r"(?=[A-Z]{0,4}\d[A-Z]*\d)(?:[A-HJ-NP-Z\d]{6}|[A-HJ-NP-Z\d]{4}[A-HJ-NP-Z\d挂学警港澳])(?![A-Za-z\d])",
    re.IGNORECASE,
)

# A building alone (3栋) is a place in a public matter; with a floor or a room it is somebody's home.
_HAN = "一二三四五六七八九十〇零百"
_NUM = rf"(?:\d{{1,4}}|[A-Za-z]\d{{0,2}}|[{_HAN}]{{1,4}})"
_GLUE = "[ 第-]{0,2}"
_BLOCK = rf"(?<![\dA-Za-z.]){_NUM} ?(?:号?[栋幢座]|号楼|#[楼栋]?)"
_STAIR = rf"(?<![\dA-Za-z.])(?:\d{{1,2}}|[{_HAN}]{{1,2}}|[A-Za-z]) ?(?:单元|门(?![口前面卫诊牌])|梯(?!间))"
_FLOOR = rf"(?:\d{{1,2}}|[{_HAN}]{{1,3}}) ?[楼层](?![楼高顶]|的?(?:楼|房|小楼|老楼|建筑))"
_COUNTED = (
    r"(?!\d|年(?<=\d{4}年)|米|平[米方]|㎡|[多余](?=[户人个米平名年元])|个(?!人)|户|名|人|元|栋|幢|天(?![花台井])|辆|盏"
    r"|台(?![阶风面盆])|万(?!一)|%|:|\.\d|棵|株|吨|公里)"
)
_ROOM = (
    rf"(?:(?:\d{{3,4}}|[{_HAN}]{{3,4}})(?:室|号房|房|号|户(?!居民|住户|业主|人家|群众|村民))?(?![\d{_HAN}]){_COUNTED}"
    r"|\d{1,2}(?:室|号房?)(?!线)|[东西南北中左右]户)"
)
_HOUSES = (
    _late(rf"{_BLOCK}{_GLUE}(?:{_STAIR}{_GLUE})?(?:{_FLOOR}(?:{_GLUE}{_ROOM})?|{_ROOM})"),
    _late(rf"{_STAIR}{_GLUE}(?:{_FLOOR}{_GLUE})?{_ROOM}"),
    _late(rf"(?<!\d){_FLOOR}{_GLUE}(?=\d{{3}}|[东西南北中左右]户){_ROOM}"),
    _late(
        rf"(?<=[路街巷道弄村组里])\d{{1,5}}号(?:附\d{{1,3}}号)?{_GLUE}(?:{_BLOCK}{_GLUE})?(?:{_STAIR}{_GLUE})?"
        rf"(?:{_FLOOR}(?:{_GLUE}{_ROOM})?|{_ROOM})"
    ),
    _late(r"(?<![\dA-Za-z.])\d{3,4}(?:室(?![内外])|号房|房(?![子屋产东型地间价租贷客顶前后]))"),
    _late(rf"(?<=[{_CJK}])(?<!码)\d{{1,3}}-\d{{1,2}}-(?!20[0-4]\d)\d{{3,4}}(?![\d-]){_COUNTED}"),
    _late(rf"(?<=[区园苑城府庭院寓村])\d{{1,3}}-\d{{3,4}}(?![\d-]){_COUNTED}"),
)
_LIVES = _late(
    r"(?:家住|住在|我住|现住|住址|家庭地址|居住地|户籍地)[址:是在于为 ]{0,3}(?P<where>[^,。;!?、\n]{1,40})"
)
_PART = rf"(?:\d{{1,5}}|[{_HAN}]{{1,4}}|[A-Za-z])"
_ADDRESS = _late(
    rf"(?:{_PART}(?:号楼|号(?!线)|[栋幢座组队室房弄巷楼层]|单元){_GLUE})+(?:\d{{3,4}}{_COUNTED})?"
)
_PRECISE = _late(r"号(?!楼)|[室房组队弄]|\d{3,4}$")

_SURNAMES = frozenset(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖萧田董袁潘于蒋蔡余杜叶程苏魏吕丁任"
    "沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付傅方白邹孟熊秦邱江尹薛闫阎段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫"
    "孔向汤温康施文牛樊葛邢安齐易乔伍庞颜倪庄聂章鲁岳翟殷詹申欧耿关兰焦俞左柳甘祝包宁尚符舒阮柯纪梅童凌毕"
    "单季裴霍涂成苗谷盛曲翁冉骆蓝路游辛靳管柴蒙鲍华喻祁蒲房滕屈饶解牟艾尤阳穆农司卓古吉缪简车项连芦麦褚娄"
    "窦戚岑景党宫费卜冷晏席卫米柏宗瞿桂全佟臧闵苟邬边卞姬师仇栾隋商刁沙荣巫寇桑郎甄丛仲虞敖巩明佘池查麻苑"
    "迟邝"
)
_SURNAME = (
    rf"(?:欧阳|司马|上官|诸葛|皇甫|尉迟|公孙|慕容|令狐|司徒|夏侯|端木|南宫|[{''.join(sorted(_SURNAMES))}])"
)
_NOT_A_NAME = _late(
    "方[便式向案面法]|高[兴层龄峰压度温空中考个低血烧]|安[排全装静心保]|常[年常住]|成[立为员本年绩功长]|时[间候常而刻]|任何|全[部体家年区程天]|应[该当急]|"
    "关[于心注系]|温馨|路[人边面灯口过段]|项目|金[额盆婚]|万[一分家]|单[位元亲独身]|左[右边]|包[括含]|连[续接]|曾[经多]|向[上下前后您你他各社政有]|"
    "白[天色发领]|黄[色金土昏]|马[上路桶]|许[多可]|江[边]|石[头]|龙[头]|文[明化件]|明[天年显确]|何[时人种]|严[重格厉禁]|房[屋东子间]|车[位辆主子去来上]|毛病|"
    "段时|于[是此今]|解[决释除]|管[理道]|强烈|党[员委支群]|谢谢|孙[子女]|胡[同乱]|林[荫]|苗圃|花园|水管|施工|夏[天季]|和[我他她您你平谐家]|"
    "周[边围末一二三四五六日]|师[傅生]|宁愿|易[燃]|商[户家铺业场]|农[民村]|经常|阳[台光]|古[道]|成都|宗旨|申[请报]|项[目链]|冷[水]|边[上]|查[看询]|"
    "米[左]|费[用]|甘愿|尤其|章程|景[区观]|简[单介]|麻[烦]|迟[迟到]|明[德]|荣[获]|卫[生]|华[侨]|平[时台]|中[心]|沙[发子]|池塘|游[客泳玩]|顾[不得虑客及]|康[复健]|连着"
)
_HONORIFIC = _late(
    "某{1,2}(?:某)?|先生|女士|小姐|同志|同学|小朋友|嬢嬢|娭毑|嗲嗲|[阿]?姨|叔叔?|大爷|大妈|大娘|大姐|大哥|奶奶|爷爷|婆婆|爹爹|伯伯|师傅|老师|老人家|老(?=[,。;:!?()\\s\\d]|$)"
)
_TITLED = _late(
    "先生|女士|小姐|同志|同学|小朋友|嬢嬢|娭毑|嗲嗲|阿姨|叔叔|大爷|大妈|大娘|大姐|大哥|奶奶|爷爷|婆婆|爹爹|伯伯"
)
_WORD_AFTER = _late(
    "电话|手机|联系|微信|身份|地址|住址|家住|住在|现住|先生|女士|小姐|反映|来电|投诉|建议|表示|本人|今年|性别|男[,。]|女[,。]|[,。]"
)
_SMALL_WORDS = frozenset("住家男女是系的在说等和与及来去向从因称到")
_START = _late(_SURNAME)
_HAN_CHAR = _late(f"[{_CJK}]")
_NAME_LABEL = (
    "(?:联系人|联络人|姓名|名字|反映人|投诉人|申请人|提事人|来访人|来电人"
    "|户主|业主|当事人|署名|租客|监护人|患者|举报人|房主)"
)
_LABELLED = _late(rf"{_NAME_LABEL}(?P<colon>[ ]?[:为是叫]? ?)")
_WHOLE_RUN = _late(rf"[{_CJK}]{{2,4}}(?![{_CJK}·])|[{_CJK}]{{1,8}}·[{_CJK}]{{1,8}}")
_NO_PERSON = _late(
    "某|匿名|保密|不[详便愿]|同上|见附|未填|待定|暂无|无$|.*(?:社区|街道|小区|委员会|公司|单位|办公室|中心|物业|业主|居民|电话|信息|方式)"
)
_KIN = (
    "(?:妈妈|爸爸|母亲|父亲|儿子|女儿|孩子|小孩|孙子|孙女|老伴|丈夫|妻子|老公|老婆|邻居|爷爷|奶奶|外婆|外公)"
)
_INTRODUCED = _late(
    rf"(?P<loose>我叫|名叫|名字叫|叫做|本人姓名|{_KIN}叫)"
    r"|我是(?:[^,。;!?\n]{0,20}(?:居民|村民|业主|住户|租户|店主))?"
    rf"|本人(?:是|叫)?|我[,:]|{_KIN}"
)
_THEN = _late(rf"[^{_CJK}]|$|电话|手机|联系|住|家住|系|是|身份|男|女|现|在|今年|患")
_OF_PLACE_THEN = _late(rf"[^{_CJK}]|$|反映|说|来|告诉|表示|向|因|称|在|到|投诉|建议|拨|打|致|一家|今年")
_BEFORE_NUMBER = _late(rf"(?P<run>[{_CJK}]{{2,12}})[ :,()-]{{0,4}}$")
_CALL = _late("请?(?:联系|找|打给|咨询)")
_NUMBER_WORDS = frozenset(
    {
        "",
        "电话",
        "手机",
        "手机号",
        "手机号码",
        "联系电话",
        "电话号码",
        "的电话",
        "的手机",
        "的手机号",
        "联系方式",
    }
)
# They stand before a surname more often than they are one: "向李先生反映".
_PREPOSITIONS = frozenset("向于和时应由同任")
_MAX_REPEATED_NAMES = 50


def find_personal_data(text: str) -> list[Finding]:
    """What looks like personal data in ``text``, in order, without overlaps. Never raises."""
    narrow = text.translate(_NARROW)
    found = [*_numbers(narrow), *_online(narrow), *_houses(narrow), *_names(narrow)]
    found += _repeated_names(narrow, found)
    chosen: list[Finding] = []
    taken = bytearray(len(text))
    for find in sorted(found, key=lambda each: (_ORDER[each.kind], each.start - each.end, each.start)):
        if find.end > find.start and not any(taken[find.start : find.end]):
            taken[find.start : find.end] = b"\x01" * (find.end - find.start)
            chosen.append(Finding(find.kind, find.start, find.end, text[find.start : find.end], find.is_sure))
    return sorted(chosen, key=lambda each: each.start)


def redact(text: str, findings: Iterable[Finding]) -> str:
    """``text`` with every finding masked. Raises ``ValueError`` for findings made in another text."""
    pieces: list[str] = []
    at = 0
    for find in sorted(findings, key=lambda each: each.start):
        if find.start < at or text[find.start : find.end] != find.text:
            raise ValueError("these findings do not belong to this text")
        pieces += [text[at : find.start], _masked(find)]
        at = find.end
    return "".join([*pieces, text[at:]])


def mark(text: str, findings: Sequence[Finding] | None = None) -> list[tuple[str, Kind | None]]:
    """The text in segments, each with its kind or None, for a page to highlight; joined they are the text."""
    segments: list[tuple[str, Kind | None]] = []
    at = 0
    for find in find_personal_data(text) if findings is None else findings:
        if find.start > at:
            segments.append((text[at : find.start], None))
        segments.append((find.text, find.kind))
        at = find.end
    if at < len(text):
        segments.append((text[at:], None))
    return segments


def _make(kind: Kind, narrow: str, start: int, end: int, is_sure: bool = False) -> Finding:
    return Finding(kind, start, end, narrow[start:end], is_sure)


def _numbers(narrow: str) -> Iterator[Finding]:
    for match in _IDENTITY.finditer(narrow):
        yield _make(Kind.IDENTITY, narrow, *match.span(), _has_identity_checksum(match[0]))
    for pattern in (_LABELLED_IDENTITY, _PASSPORT):
        for match in pattern.finditer(narrow):
            yield _make(Kind.IDENTITY, narrow, *match.span(1), _has_identity_checksum(match[1]))
    for match in _CARD.finditer(narrow):
        is_valid = _has_luhn_checksum(match[0])
        if is_valid or _CARD_LABEL.search(narrow, max(0, match.start() - 16), match.start()):
            yield _make(Kind.BANK_CARD, narrow, *match.span(), is_valid)
    # Both ways: in "李四138…" the 四 is no digit.
    for digits in (narrow, narrow.translate(_SPOKEN_DIGITS)):
        for match in _MOBILE.finditer(digits):
            yield _make(Kind.MOBILE, narrow, *match.span(), True)
    for match in _LANDLINE.finditer(narrow):
        yield _make(Kind.LANDLINE, narrow, *match.span())
    for match in _LOCAL_LINE.finditer(narrow):
        yield _make(Kind.LANDLINE, narrow, *match.span(1))
    for match in _PLATE.finditer(narrow):
        yield _make(Kind.PLATE, narrow, *match.span())


def _online(narrow: str) -> Iterator[Finding]:
    for match in _EMAIL.finditer(narrow):
        yield _make(Kind.EMAIL, narrow, *match.span(), True)
    for match in _WECHAT.finditer(narrow):
        group = "qq" if match["qq"] else "id"
        # A Latin word after 微信 is an account when a label says so or no word looks like it.
        if match["qq"] or match["sure"].strip() or re.search(r"[\d_-]", match["id"]):
            yield _make(Kind.SOCIAL, narrow, *match.span(group))


def _houses(narrow: str) -> Iterator[Finding]:
    for pattern in _HOUSES:
        for match in pattern.finditer(narrow):
            yield _make(Kind.HOUSE, narrow, *match.span())
    for lives in _LIVES.finditer(narrow):
        for match in _ADDRESS.finditer(narrow, *lives.span("where")):
            if _PRECISE.search(match[0].strip()):
                yield _make(Kind.HOUSE, narrow, match.start(), match.start() + len(match[0].rstrip(" -第")))


def _names(narrow: str) -> Iterator[Finding]:
    for match in _LABELLED.finditer(narrow):
        end = _read_name(narrow, match.end())
        if end == match.end() and match["colon"].strip():
            run = _WHOLE_RUN.match(narrow, match.end())
            end = run.end() if run and not _NO_PERSON.match(run[0]) else end
        yield _make(Kind.NAME, narrow, match.end(), end)
    for match in _INTRODUCED.finditer(narrow):
        start = match.end() + (narrow[match.end() : match.end() + 1] in {" ", ":"})
        end = _read_name(narrow, start)
        if match["loose"] or _THEN.match(narrow, end):
            yield _make(Kind.NAME, narrow, start, end)
    for match in _LIVES.finditer(narrow):
        for of in re.compile("的").finditer(narrow, *match.span("where")):
            end = _read_name(narrow, of.end())
            if _OF_PLACE_THEN.match(narrow, end):
                yield _make(Kind.NAME, narrow, of.end(), end)
    for match in _TITLED.finditer(narrow):
        start = _full_name_before(narrow, match.start())
        if start < match.start():
            yield _make(Kind.NAME, narrow, start, match.end())
    for match in _MOBILE.finditer(narrow):
        yield from _name_before_number(narrow, match.start())


def _read_name(narrow: str, start: int) -> int:
    """Where the name beginning at ``start`` ends, title included; ``start`` itself when there is none."""
    old = start + (narrow[start : start + 1] in {"老", "小"})
    surname = _START.match(narrow, old)
    if not surname:
        return start
    end = surname.end()
    title = _HONORIFIC.match(narrow, end)
    if title:
        return title.end()
    if old > start:
        return end if not _HAN_CHAR.match(narrow, end) else start
    if _NOT_A_NAME.match(narrow, old):
        return start
    for index in range(2):
        if not _HAN_CHAR.match(narrow, end) or _WORD_AFTER.match(narrow, end):
            break
        if index and narrow[end] in _SMALL_WORDS and _HAN_CHAR.match(narrow, end + 1):
            break
        end += 1
    if end == surname.end():
        return start
    title = _TITLED.match(narrow, end)
    return title.end() if title else end


def _full_name_before(narrow: str, end: int) -> int:
    """Where a surname with given name that stands right before a title begins; ``end`` when there is none."""
    last_is_surname = narrow[end - 1 : end] in _SURNAMES
    for length in (3, 2):
        start = end - length
        if start < 0 or not _START.match(narrow, start) or _NOT_A_NAME.match(narrow, start):
            continue
        if not all(_HAN_CHAR.match(char) for char in narrow[start:end]):
            continue
        stands_alone = start == 0 or not _HAN_CHAR.match(narrow, start - 1)
        # "住户李先生": a surname right before the title is the whole name, unless the sentence begins here.
        if last_is_surname and (not stands_alone or narrow[start] in _PREPOSITIONS):
            continue
        return start
    return end


def _name_before_number(narrow: str, at: int) -> Iterator[Finding]:
    before = _BEFORE_NUMBER.search(narrow, max(0, at - 18), at)
    if not before:
        return
    call = _CALL.match(before["run"])
    start = before.start("run") + (call.end() if call else 0)
    end = _read_name(narrow, start)
    if end > start and narrow[end : before.end("run")] in _NUMBER_WORDS:
        yield _make(Kind.NAME, narrow, start, end)


def _repeated_names(narrow: str, found: Iterable[Finding]) -> list[Finding]:
    """A name given away once is marked wherever it stands."""
    names = {find.text for find in found if find.kind is Kind.NAME and not _HONORIFIC.search(find.text)}
    names = {name for name in names if len(name) > 1}
    if not names:
        return []
    pattern = re.compile(
        "|".join(map(re.escape, sorted(names, key=lambda name: (-len(name), name))[:_MAX_REPEATED_NAMES]))
    )
    return [_make(Kind.NAME, narrow, *match.span()) for match in pattern.finditer(narrow)]


def _has_identity_checksum(number: str) -> bool:
    """GB 11643-1999: weights 2^(17-i) modulo 11."""
    compact = re.sub(r"[ -]", "", number).upper()
    if not re.fullmatch(r"\d{17}[\dX]", compact):
        return False
    total = sum(int(digit) * pow(2, 17 - index, 11) for index, digit in enumerate(compact[:17]))
    return "10X98765432"[total % 11] == compact[17]


def _has_luhn_checksum(number: str) -> bool:
    """ISO/IEC 7812-1: every second digit from the right doubled."""
    digits = [int(char) for char in reversed(number) if char.isdigit()]
    return (sum(digits[::2]) + sum(sum(divmod(2 * digit, 10)) for digit in digits[1::2])) % 10 == 0


_FIXED_MASKS = {Kind.LANDLINE: "****-****", Kind.EMAIL: "***@***", Kind.SOCIAL: "***"}


def _masked(find: Finding) -> str:
    narrow = find.text.translate(_NARROW)
    match find.kind:
        case Kind.MOBILE:
            digits = re.sub(r"\D", "", narrow.translate(_SPOKEN_DIGITS))
            mask = f"{digits[-11:-8]}****{digits[-4:]}"
        case Kind.PLATE:
            mask = f"{narrow[:2].upper()}*****"
        case Kind.HOUSE:
            crossed = re.sub(rf"\d+|[A-Za-z]+|[{_HAN}]+", "×", narrow)
            mask = f"{crossed}室" if crossed.endswith("×") else crossed
        case Kind.NAME:
            title = _HONORIFIC.search(narrow, 1)
            mask = f"某{title[0]}" if title and "某" not in title[0] else "某某"
        case _:
            mask = _FIXED_MASKS.get(find.kind, "*" * 8)
    return mask
