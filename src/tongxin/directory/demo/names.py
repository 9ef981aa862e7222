"""Invented names: common surnames and given names, put together at random and never twice."""

from random import Random

SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩邓冯曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢"
    "姚沈钟姜崔谭陆范汪廖石金韦贾夏付方邹熊白孟秦邱侯江尹薛闫段雷龙黎史陶贺毛郝顾龚邵万覃武钱戴严莫孔向常汤"
)
GIVEN = (
    "建国 志强 文博 晓东 海涛 立新 永红 国平 德明 少华 卫民 新民 振华 家驹 思源 子涵 雨桐 佳怡 欣然 一鸣 "
    "春梅 秀兰 丽华 桂芳 玉珍 淑敏 慧芳 雪琴 红霞 美玲 静怡 若兰 婉清 晓芸 佩瑶 文静 诗雅 明月 冬梅 小燕 "
    "伟 芳 娜 敏 静 磊 军 洋 勇 艳 杰 涛 明 超 霞 平 刚 桂 辉 玲 鹏 华 飞 鑫 波 斌 莉 宁 岚 颖 "
    "俊杰 浩然 宇航 天佑 泽宇 梓萱 嘉禾 长庚 湘云 岳麓 楚材 星沙 映红 望舒 济川 知行 守拙 乐天 怀瑾 令仪"
).split()

PROFESSIONS = {
    "医药卫生": ("社区医院全科医生", "中医师", "护理部主任", "药剂师"),
    "教育": ("小学校长", "中学教师", "幼儿园园长", "职业学校教师"),
    "科学技术": ("测绘工程师", "软件工程师", "科研所研究员"),
    "科协": ("科普场馆负责人", "工程师"),
    "文化艺术": ("花鼓戏演员", "书法家", "群众文化馆馆员"),
    "新闻出版": ("编辑", "记者"),
    "体育": ("体育教师", "健身俱乐部负责人"),
    "农业": ("蔬菜合作社理事长", "农技推广员"),
    "宗教": ("宗教团体负责人",),
    "少数民族": ("社区工作者", "餐饮业经营者"),
    "经济": ("会计师", "商贸公司总经理", "园区企业负责人"),
    "工商联": ("建材公司董事长", "餐饮企业负责人", "物流公司总经理"),
    "社会福利和社会保障": ("养老院院长", "社会工作师"),
    "社会科学": ("大学教师", "律师"),
}
OTHER_PROFESSIONS = ("机关干部", "律师", "企业负责人", "社会组织负责人", "教师", "医生", "工程师", "社区工作者")


def people(rng: Random) -> "list[str]":
    """Every possible name once, in random order."""
    names = [surname + given for surname in dict.fromkeys(SURNAMES) for given in GIVEN]
    rng.shuffle(names)
    return names


def profession(rng: Random, sector: str) -> str:
    """An occupation that suits the sector."""
    return rng.choice(PROFESSIONS.get(sector, OTHER_PROFESSIONS))
