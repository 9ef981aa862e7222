"""Letters about a matter as papers: the hand-over letter (转办函) and the unit's reply. Letters are in Chinese."""

from collections.abc import Sequence
from datetime import date

from django.conf import settings
from django.utils.translation import override

from tongxin.core.documents import Paper, Paragraph, Signature
from tongxin.deliberation.papers import day_in_words
from tongxin.matters.models import Decision, Handling, HandlingRole, Matter
from tongxin.matters.presenters import number_text


def _day(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


def sender() -> str:
    """Whose letters these are: the office of the district's conference."""
    return f"政协{settings.TONGXIN['district_name']}委员会办公室"


def handover_letter(matter: Matter, handlings: Sequence[Handling], *, place: str) -> Paper:
    """The letter that hands a matter to its units: what was raised, who does what by when, and their right to object.

    ``handlings`` are those in force, at least one; ``place`` is where the matter is, in words.
    """
    with override("zh-hans"):
        names = [handling.unit.name for handling in handlings]
        lead = next((h.unit.name for h in handlings if h.role == HandlingRole.LEAD), "")
        joint = [h.unit.name for h in handlings if h.role != HandlingRole.LEAD]
        number = number_text(matter.number)
        asked = f"请{lead}主办" if lead else "请你单位办理"
        if joint:
            asked += f"，{'、'.join(joint)}会办"
        if matter.due_on:
            provisional = "（放假安排还没公布，暂定）" if matter.is_due_provisional else ""
            done = "答复" if matter.state == "assigned" else "办结"
            asked += f"，于{_day(matter.due_on)}{provisional}前{done}"
        return Paper(
            title=f"关于办理“{matter.title}”的转办函",
            letterhead=sender(),
            document_number=number,
            addressee="、".join(names),
            blocks=[
                Paragraph(f"现将居民提出的“{matter.title}”（{number}，{place}）转你单位办理。内容如下："),
                Paragraph(matter.text),
                Paragraph(
                    asked
                    + "。办理进展和结果请在平台上填报，向提事人和社会公开，由大家评价。如有异议，请说明理由并退回"
                    "办公室，不要自行转交其他单位。"
                ),
                Signature(sender(), day_in_words(handlings[0].assigned_at)),
            ],
        )


def reply_letter(matter: Matter, decision: Decision) -> Paper:
    """The deciding or handling unit's published reply to those who raised the matter and care about it."""
    with override("zh-hans"):
        number = number_text(matter.number)
        lines = [f"结果：{decision.get_result_display()}。", decision.public_reasons]
        if decision.workdays:
            lines.append(f"办理期限：{decision.workdays}个工作日。")
        if decision.promised_on:
            lines.append(f"承诺办理日期：{_day(decision.promised_on)}。")
        if decision.referred_to:
            lines.append(f"已转：{decision.referred_to}。")
        return Paper(
            title=f"关于“{matter.title}”的答复",
            letterhead=decision.unit.name,
            document_number=number,
            addressee="提出和关心这件事的居民",
            blocks=[
                Paragraph(f"你们提出的“{matter.title}”（{number}）收悉。经研究，答复如下："),
                *(Paragraph(line) for line in lines),
                Signature(decision.unit.name, day_in_words(decision.at)),
            ],
        )
