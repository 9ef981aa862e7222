"""The catalogues' tool: what it finds in sources, what it keeps, what it refuses."""

from pathlib import Path

import pytest
from tools import messages

TEMPLATE = """\
<div>
    <p title="{% translate '标题' %}">{{ _("变量") }} it's</p>
  {% blocktranslate count n=items|length trimmed %}
    共 {{ n }} 件
  {% plural %}
    共 {{ n }} 件
  {% endblocktranslate %}
  {# 注释里的中文不算 #}
</div>
"""
SOURCE = """\
from django.utils.translation import gettext as _, ngettext, pgettext_lazy

HELLO = _("你好，%(name)s")
COUNT = ngettext("%(n)s 天", "%(n)s 天", 2)
STEP = pgettext_lazy("step", "提事")
"""


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package with one application, ``shop``."""
    folder = tmp_path / "src" / "tongxin" / "shop"
    (folder / "templates" / "shop").mkdir(parents=True)
    (folder / "__init__.py").touch()
    (folder / "words.py").write_text(SOURCE)
    (folder / "templates" / "shop" / "page.html").write_text(TEMPLATE)
    monkeypatch.setattr(messages, "ROOT", tmp_path)
    monkeypatch.setattr(messages, "PACKAGE", tmp_path / "src" / "tongxin")
    return folder


def translate(**english: str) -> None:
    """Fill in the catalogue of the application: every id not named gets "x" and its own placeholders."""
    path = messages.catalogue_path("shop")
    text = path.read_text()
    for chinese, words in english.items():
        text = text.replace(f'msgid "{chinese}"\nmsgstr ""', f'msgid "{chinese}"\nmsgstr "{words}"')
    text = text.replace('msgstr[0] ""\nmsgstr[1] ""', 'msgstr[0] "one"\nmsgstr[1] "%(n)s of them"')
    path.write_text(text)


def complete() -> None:
    """Fill in everything."""
    messages.update(["shop"])
    translate(标题="Title", 变量="Variable", 提事="Raise")
    path = messages.catalogue_path("shop")
    path.write_text(
        path.read_text().replace(
            'msgid "你好，%(name)s"\nmsgstr ""', 'msgid "你好，%(name)s"\nmsgstr "Hello, %(name)s"'
        )
    )


def test_python_and_templates_are_read(app: Path) -> None:
    found = messages.entries(messages.extracted("shop"))
    assert set(found) == {
        (None, "标题"),
        (None, "变量"),
        (None, ("共 %(n)s 件", "共 %(n)s 件")),
        (None, "你好，%(name)s"),
        (None, ("%(n)s 天", "%(n)s 天")),
        ("step", "提事"),
    }


def test_a_complete_catalogue_passes_and_compiles(app: Path, capsys: pytest.CaptureFixture[str]) -> None:
    complete()
    assert messages.check() == 0, capsys.readouterr().out
    messages.compile_catalogues()
    compiled = messages.catalogue_path("shop").with_suffix(".mo").read_bytes()
    assert b"Hello, %(name)s" in compiled


def test_an_update_keeps_translations_and_drops_what_is_gone(app: Path) -> None:
    complete()
    (app / "words.py").write_text(SOURCE.replace('STEP = pgettext_lazy("step", "提事")', 'NEW = _("新")'))
    messages.update(["shop"])
    text = messages.catalogue_path("shop").read_text()
    assert "Hello, %(name)s" in text
    assert "提事" not in text
    assert 'msgid "新"\nmsgstr ""' in text
    before = messages.catalogue_path("shop").stat().st_mtime_ns
    messages.update(["shop"])
    assert messages.catalogue_path("shop").stat().st_mtime_ns == before


def test_a_half_written_file_loses_no_translation(app: Path) -> None:
    complete()
    (app / "words.py").write_text("def (")
    with pytest.raises(SyntaxError):
        messages.update(["shop"])
    assert "Hello, %(name)s" in messages.catalogue_path("shop").read_text()


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ('"Title"', '""', "no English"),
        ('"Hello, %(name)s"', '"Hello"', "placeholders"),
        ('"Hello, %(name)s"', '"Hello, %(nmae)s"', "placeholders"),
        ('msgid "标题"', 'msgid "题标"', "no longer used"),
        ('msgid "标题"', '#, fuzzy\nmsgid "标题"', "fuzzy"),
    ],
)
def test_a_faulty_catalogue_fails(
    app: Path, capsys: pytest.CaptureFixture[str], old: str, new: str, fault: str
) -> None:
    complete()
    path = messages.catalogue_path("shop")
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))
    assert messages.check() == 1
    assert fault in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "text", "fault"),
    [
        ("bare.html", "<p>裸露的中文</p>", "outside a translation tag"),
        ("bare.html", '<p title="裸露"></p>', "outside a translation tag"),
    ],
)
def test_chinese_that_cannot_be_translated_fails(
    app: Path, capsys: pytest.CaptureFixture[str], name: str, text: str, fault: str
) -> None:
    complete()
    page = app / "templates" / "shop" / name
    page.write_text(text)
    assert messages.check() == 1
    assert fault in capsys.readouterr().out
    page.write_text(f"{text} {{# untranslated: a name #}}")
    assert messages.check() == 0


@pytest.mark.parametrize("call", ['_(f"你好{name}")', '_("你好" + name)', '_("你好 %s" % name)'])
def test_text_put_together_before_it_is_translated_fails(
    app: Path, capsys: pytest.CaptureFixture[str], call: str
) -> None:
    complete()
    (app / "late.py").write_text(
        f"from django.utils.translation import gettext as _\nname = ''\nx = {call}\n"
    )
    messages.update(["shop"])
    assert messages.check() == 1
    assert "put the values in after _()" in capsys.readouterr().out


def test_a_number_said_without_counting_fails(app: Path, capsys: pytest.CaptureFixture[str]) -> None:
    complete()
    assert messages.check() == 0
    (app / "late.py").write_text(
        "from django.utils.translation import gettext as _\nx = _('%(n)s 天') % {'n': 3}\n"
    )
    assert messages.check() == 1
    assert "has a plural elsewhere" in capsys.readouterr().out
