"""A dry run names every fault and changes nothing; a confirmation does what was shown, all of it, once."""

import datetime
from contextlib import suppress
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tongxin.core.models import LedgerEntry
from tongxin.core.tables import Unreadable, safe_text
from tongxin.directory import actions
from tongxin.directory.actions import DirectoryChanged, NotAllowed, Refused
from tongxin.directory.importing import blanks
from tongxin.directory.importing.kinds import KINDS
from tongxin.directory.importing.planning import Table, make_plan, read_table
from tongxin.directory.models import Area, DutyShift, ImportBatch, Member, Posting, Unit, Workstation

pytestmark = pytest.mark.django_db


def plan(kind: str, text: str):
    return make_plan(KINDS[kind], read_table(KINDS[kind], "t.csv", text.encode()))


def faults(kind: str, text: str) -> list[tuple[int, str]]:
    return [(fault.row, fault.column) for fault in plan(kind, text).faults]


def take(kind: str, text: str, actor) -> ImportBatch:
    """Upload and confirm."""
    batch = actions.upload_table(kind, "t.csv", text.encode(), actor=actor)
    return actions.confirm_import(batch.pk, actor=actor, seen_digest=actions.plan_of(batch).digest)


def test_dry_run_lists_every_fault_with_row_and_column(district):
    made = plan(
        "units",
        "代码,名称,类别,区划代码,在用\n"
        "G 1,甲局,政府部门,,是\n"  # a blank in the code
        "G2,,政府部门,,\n"  # no name
        "G3,丙局,部门,,也许\n"  # unknown kind, unclear flag
        "G4,丁社区,社区,T9,\n"  # unknown area
        "G5,示例交通局,政府部门,,\n"  # somebody else's name
        "G6,戊局,政府部门,,\n"
        "G6,己局,政府部门,,\n",  # the same code again
    )
    assert [(f.row, f.column) for f in made.faults] == [
        (2, "代码"), (3, "名称"), (4, "类别"), (4, "在用"), (5, "区划代码"), (6, "名称"), (8, "代码"),
    ]  # fmt: skip
    assert all(fault.reason for fault in made.faults)
    assert not made.may_be_confirmed
    assert len(made.of("create")) == 1


def test_changes_show_old_and_new_and_empty_cells_change_nothing(district):
    made = plan("units", "代码,名称,类别,区划代码,在用\nU2,示例交通运输局,,,\nU3,示例城管局,政府部门,-,是\n")
    assert made.counts == {"created": 0, "changed": 1, "removed": 0, "unchanged": 1, "faults": 0}
    [difference] = made.changes[0].differences
    assert (difference.column, difference.old, difference.new) == ("名称", "示例交通局", "示例交通运输局")


def test_upload_changes_nothing_and_confirmation_does_it_once(district, office):
    before = LedgerEntry.objects.count()
    batch = actions.upload_table(
        "units", "u.csv", "代码,名称,类别\nG9,新局,政府部门\nU2,改名局,\n".encode(), actor=office
    )
    assert not Unit.objects.filter(code="G9").exists()
    assert LedgerEntry.objects.count() == before
    digest = actions.plan_of(batch).digest
    actions.confirm_import(batch.pk, actor=office, seen_digest=digest)
    actions.confirm_import(batch.pk, actor=office, seen_digest=digest)
    assert Unit.objects.get(code="G9").name == "新局"
    assert Unit.objects.get(code="U2").name == "改名局"
    entry = LedgerEntry.objects.order_by("seq").last()
    assert LedgerEntry.objects.count() == before + 1
    assert entry.event == "directory.changed"
    assert "新局" not in entry.body
    batch.refresh_from_db()
    assert (batch.status, batch.rows) == ("applied", [])


def test_confirmation_is_refused_when_the_directory_changed_meanwhile(district, office):
    batch = actions.upload_table("units", "u.csv", "代码,名称\nU2,改名局\n".encode(), actor=office)
    seen = actions.plan_of(batch).digest
    Unit.objects.filter(code="U2").update(name="别人先改了")
    with pytest.raises(DirectoryChanged) as changed:
        actions.confirm_import(batch.pk, actor=office, seen_digest=seen)
    assert Unit.objects.get(code="U2").name == "别人先改了"
    assert changed.value.plan.changes[0].differences[0].old == "别人先改了"
    actions.confirm_import(batch.pk, actor=office, seen_digest=changed.value.plan.digest)
    assert Unit.objects.get(code="U2").name == "改名局"


def test_digest_does_not_depend_on_the_readers_language(district, office):
    from django.utils.translation import override

    batch = actions.upload_table("units", "u.csv", "代码,名称,在用\nU2,改名局,否\n".encode(), actor=office)
    with override("en"):
        english = actions.plan_of(batch).digest
    assert english == actions.plan_of(batch).digest


def test_a_table_with_a_fault_is_not_taken_at_all(district, office):
    batch = actions.upload_table(
        "units", "u.csv", "代码,名称\nU2,改名局\nU3,\u202e坏\n".encode(), actor=office
    )
    with pytest.raises(Refused):
        actions.confirm_import(batch.pk, actor=office, seen_digest=actions.plan_of(batch).digest)
    assert Unit.objects.get(code="U2").name == "示例交通局"


def test_a_table_given_up_cannot_be_confirmed(district, office):
    batch = actions.upload_table("units", "u.csv", "代码,名称\nU2,改名局\n".encode(), actor=office)
    digest = actions.plan_of(batch).digest
    actions.cancel_import(batch.pk, actor=office)
    with pytest.raises(Refused):
        actions.confirm_import(batch.pk, actor=office, seen_digest=digest)


@pytest.mark.parametrize(
    "name", ["member", "liaison", "unit", "decider", "security_admin", "audit_admin", "principal"]
)
def test_only_office_and_system_administrator_import(district, name):
    with pytest.raises(NotAllowed):
        actions.upload_table("units", "u.csv", b"code,name\nU2,X\n", actor=district.actor(name))


def test_rows_of_a_table_nobody_confirmed_are_dropped_after_a_week(district, office):
    old = timezone.now() - timedelta(days=8)
    batch = actions.upload_table("units", "u.csv", b"code,name\nU2,X\n", actor=office, at=old)
    actions.upload_table("units", "u.csv", b"code,name\nU2,Y\n", actor=office)
    batch.refresh_from_db()
    assert (batch.status, batch.rows) == ("cancelled", [])


def test_a_whole_district_in_one_file_children_first(district, office):
    take(
        "areas",
        "code,name,level,parent,latitude,longitude\n"
        "N0101,丙社区,community,N01,28.1,112.9\nN01,新街道,street,N,,\nN,新区,district,,,\n",
        office,
    )
    assert Area.objects.get(code="N0101").parent.parent.code == "N"


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ("X1,社区,社区,,,", "上级代码"),
        ("X1,社区,社区,T,,", "上级代码"),
        ("X1,街道,街道,T1,,", "上级代码"),
        ("X1,区,区,T,,", "上级代码"),
        ("X1,社区,社区,T1,28,", "经度"),
        ("X1,社区,社区,T1,91,112", "纬度"),
        ("X1,社区,社区,T1,nan,112", "纬度"),
        ("T1,示例街道,社区,T1,,", "层级"),
        ("4.3E+11,社区,社区,T1,,", "代码"),
    ],
)
def test_areas_form_a_tree(district, row, column):
    assert faults("areas", f"代码,名称,层级,上级代码,纬度,经度\n{row}\n") == [(2, column)]


def test_members_with_unknown_sector_get_a_hint(district):
    [fault] = plan("members", "委员证号,姓名,界别\nM9,某某,示例界\n").faults
    assert (fault.row, fault.column) == (2, "界别")
    assert "示例界别" in fault.reason


def test_members_are_created_and_leave_office(district, office):
    take("members", "委员证号,姓名,级别,界别,在任\nM9,某某,住区市政协委员,示例界别,\nM1,,,,否\n", office)
    assert Member.objects.get(code="M9").level == "city"
    assert not Member.objects.get(code="M1").is_active


def test_an_area_has_one_station(district):
    assert faults("stations", "工作站代码,名称,区划代码\nTW9,又一个,T101\n") == [(2, "区划代码")]
    assert faults("stations", "工作站代码,名称,区划代码\nTW8,甲,T102\nTW9,乙,T102\n") == [(3, "区划代码")]
    assert faults("stations", "工作站代码,名称,区划代码\nTW9,区里的,T\n") == [(2, "区划代码")]


def test_a_station_has_one_lead_and_the_lead_can_change(district, colleague, office):
    assert faults("postings", "委员证号,工作站代码,站长\nM2,TW1,是\n") == [(2, "站长")]
    take("postings", "委员证号,工作站代码,站长\nM2,TW1,是\nM1,TW1,否\n", office)
    assert Posting.objects.get(is_lead=True).member == colleague


def test_postings_can_be_removed_unless_duty_is_left(district, colleague, office):
    start = timezone.now() + timedelta(days=1)
    shift = DutyShift.objects.create(
        station=district.station,
        member=colleague,
        mode="online",
        starts_at=start,
        ends_at=start + timedelta(hours=2),
    )
    text = "委员证号,工作站代码,移除\nM2,TW1,是\n"
    assert faults("postings", text) == [(2, "移除")]
    shift.delete()
    take("postings", text, office)
    assert not Posting.objects.filter(member=colleague).exists()
    assert faults("postings", text) == [(2, "移除")]


def day(number: int) -> str:
    return (timezone.localdate() + timedelta(days=number)).isoformat()


def test_shifts_are_created_changed_and_removed(district, office):
    head = "工作站代码,委员证号,方式,日期,开始,结束,移除\n"
    take("shifts", f"{head}TW1,M1,线下,{day(1)},9:00,11:30,\nTW1,M1,线上,{day(2)},14:00,16:00,\n", office)
    take("shifts", f"{head}TW1,M1,,{day(1)},9:00,12:00,\nTW1,M1,,{day(2)},14:00,,是\n", office)
    shift = DutyShift.objects.get()
    local = timezone.localtime(shift.ends_at)
    assert (shift.mode, local.time()) == ("offline", datetime.time(12))


def test_shifts_refuse_double_booking_and_strangers(district, colleague, street_station):
    Posting.objects.create(member=colleague, station=street_station)
    head = "工作站代码,委员证号,方式,日期,开始,结束\n"
    text = f"{head}TW1,M2,线下,{day(1)},9:00,11:30\nTW0,M2,线上,{day(1)},11:00,12:00\n"
    assert faults("shifts", text) == [(2, "开始"), (3, "开始")]
    assert faults("shifts", f"{head}TW0,M1,线上,{day(1)},9:00,10:00\n") == [(2, "委员证号")]
    assert faults("shifts", f"{head}TW1,M1,线上,{day(1)},22:00,6:00\n") == [(2, "结束")]
    assert faults("shifts", f"{head}TW1,M1,线上,{day(900)},9:00,10:00\n") == [(2, "日期")]
    assert faults("shifts", f"{head}TW1,M1,线上,明天,9点,25:00\n") == [(2, "日期"), (2, "开始"), (2, "结束")]


@pytest.mark.parametrize("kind", list(KINDS))
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_templates_are_read_back(kind, language):
    from django.utils.translation import override

    with override(language):
        excel, plain = blanks.blank_excel(KINDS[kind]), blanks.blank_csv(KINDS[kind])
    for name, data in ((f"{kind}.xlsx", excel), (f"{kind}.csv", plain)):
        table = read_table(KINDS[kind], name, data)
        assert table.columns == [column.name for column in KINDS[kind].columns]
        assert not table.ignored
    for column in KINDS[kind].columns:
        example = column.example[language == "en"]
        assert not example or column.parse(example) is not None


def test_downloaded_faults_start_no_formula():
    assert blanks.guarded("=1+1") == "'=1+1"
    assert blanks.guarded("+86") == "'+86"
    assert blanks.guarded("甲") == "甲"


def test_command_shows_then_imports(district, tmp_path, capsys):
    path = tmp_path / "u.csv"
    path.write_text("代码,名称\nU2,改名局\n", encoding="gb18030")
    call_command("import_directory", "units", str(path))
    assert "示例交通局 → 改名局" in capsys.readouterr().out
    assert Unit.objects.get(code="U2").name == "示例交通局"
    call_command("import_directory", "units", str(path), "--confirm")
    assert Unit.objects.get(code="U2").name == "改名局"
    path.write_text("代码,名称\nU2,示例城管局\n", encoding="utf-8")
    with pytest.raises(CommandError):
        call_command("import_directory", "units", str(path), "--confirm")
    with pytest.raises(CommandError):
        call_command("import_directory", "units", str(tmp_path / "missing.csv"))
    assert not ImportBatch.objects.filter(status="waiting").exists()


def state() -> list:
    return [
        list(model.objects.order_by("pk").values())
        for model in (Area, Unit, Member, Posting, Workstation, DutyShift)
    ]


WORDS = st.sampled_from(
    ["", "-", "是", "否", "T", "T1", "T101", "M1", "TW1", "U1", "U2", "示例界别", "示例交通局", "社区", "街道", "区", "线上",
     "2026-11-23", "2026/13/45", "9:00", "24:61", "28.1", "1e999", "nan", "=1+1", "4.3E+11", "\u202e", "𠮷", "0"]
)  # fmt: skip
CELLS = WORDS | st.text(max_size=60)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(kind=st.sampled_from(sorted(KINDS)), data=st.data())
def test_arbitrary_cells_never_crash_and_a_dry_run_changes_nothing(district, kind, data):
    table = KINDS[kind]
    names = [column.name for column in table.columns]
    chosen = [name for name in names if name in table.key or data.draw(st.booleans())]
    rows = data.draw(st.lists(st.lists(CELLS, min_size=len(chosen), max_size=len(chosen)), max_size=6))
    before = state()
    cells = [(number, [safe_text(cell) for cell in row]) for number, row in enumerate(rows, 2)]
    made = make_plan(table, Table(chosen, cells))
    for fault in made.faults:
        assert fault.reason
        assert 2 <= fault.row <= len(rows) + 1
    assert state() == before


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    content=st.binary(max_size=400)
    | st.text(max_size=200).map(lambda t: f"代码,名称,类别\n{t}".encode("utf-8", "ignore"))
)
def test_arbitrary_files_are_read_or_refused(district, office, content):
    units = list(Unit.objects.values())
    with suppress(Unreadable):
        batch = actions.upload_table("units", "u.csv", content, actor=office)
        batch.refresh_from_db()
        assert actions.plan_of(batch).counts == batch.counts
    assert list(Unit.objects.values()) == units
