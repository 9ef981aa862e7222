#!/usr/bin/env python3
"""Keep the message catalogues in step with the source, without GNU gettext.

Message ids are Chinese, the language the product is written in; each application carries one catalogue,
``locale/en/LC_MESSAGES/django.po``, with the English beside every id.

    tools/messages.py update <app>|all   extract, add new ids, drop those no longer used
    tools/messages.py compile [--if-stale]   write the .mo files (not committed)
    tools/messages.py check              fail on anything a reader would notice
"""

import argparse
import ast
import io
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "src" / "tongxin"
TARGET = "en"

SINGLE = ("_", "_l", "gettext", "gettext_lazy", "gettext_noop")
PLURAL = ("_n", "ngettext", "ngettext_lazy")
KEYWORDS: dict[str, tuple | None] = {
    **dict.fromkeys(SINGLE),
    **dict.fromkeys(PLURAL, (1, 2)),
    **dict.fromkeys(("_p", "pgettext", "pgettext_lazy"), ((1, "c"), 2)),
    **dict.fromkeys(("npgettext", "npgettext_lazy"), ((1, "c"), 2, 3)),
}
# Dates and tool versions are left out: they would change on every run and say nothing.
HEADER = f"""\
# English for Tongxin. Message ids are Chinese; extract with tools/messages.py update.
msgid ""
msgstr ""
"Language: {TARGET}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"

"""
PLACEHOLDER = re.compile(r"%\(\w+\)[#0\- +]*[\d.]*[a-zA-Z]|%%|%[sdrf]|\{\w*(?::[^{}]*)?\}")
HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
# What a template may hold in Chinese: inside translation tags and comments only.
TRANSLATED = re.compile(
    r"{%-?\s*blocktrans(?:late)?\b.*?endblocktrans(?:late)?\s*-?%}|{%\s*comment\b.*?endcomment\s*%}"
    r"|{#.*?#}|{%.*?%}|{{.*?}}|<!--.*?-->",
    re.DOTALL,
)
EXEMPT = "{# untranslated"  # followed by the reason, on the same line


def applications() -> list[str]:
    """Names of the folders of the package that may hold messages."""
    return sorted(p.name for p in PACKAGE.iterdir() if (p / "__init__.py").exists() and p.name != "config")


def catalogue_path(app: str) -> Path:
    """Where the catalogue of one application lives."""
    return PACKAGE / app / "locale" / TARGET / "LC_MESSAGES" / "django.po"


def source_files(app: str) -> Iterator[Path]:
    """Python files and templates of one application, in a stable order."""
    folder = PACKAGE / app
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        is_source = path.suffix == ".py" and "migrations" not in parts
        if is_source or (path.suffix in {".html", ".txt", ".xml", ".svg"} and "templates" in parts):
            yield path


def python_text(path: Path) -> str:
    """The file as Python text; a template becomes a row of gettext calls amid filler."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        ast.parse(text, filename=str(path))  # a half-written file must not drop translations
        return text
    # Filler keeps the template's indentation, which the tokeniser would take for Python's.
    return "\n".join(line.lstrip() for line in templatize(text, origin=str(path)).split("\n"))


Use = tuple[Any, Any, tuple[str, int], list[str]]
"""A message where it is said: the message, its context, its place, comments for translators."""


def uses(app: str) -> list[Use]:
    """Every use of a message in the source of one application: the message, its context, place and comments."""
    found = []
    for path in source_files(app):
        stream = io.BytesIO(python_text(path).encode())
        name = path.relative_to(ROOT).as_posix()
        for line, message, comments, context in extract(
            "python", stream, KEYWORDS, ["Translators:"], {"encoding": "utf-8"}
        ):
            found.append((message, context, (name, line), comments))
    return found


def extracted(app: str) -> Catalog:
    """Every message the source of one application uses, as an empty catalogue."""
    return catalogue_of(uses(app))


def catalogue_of(used: Iterable[Use]) -> Catalog:
    """The same for uses found already."""
    catalogue = Catalog(locale=TARGET, charset="utf-8")
    for message, context, place, comments in used:
        catalogue.add(message, None, [place], auto_comments=comments, context=context)
    return catalogue


def stored(app: str) -> Catalog:
    """The catalogue on disk, or an empty one."""
    path = catalogue_path(app)
    if not path.exists():
        return Catalog(locale=TARGET, charset="utf-8")
    with path.open("rb") as file:
        return read_po(file, locale=TARGET, charset="utf-8")


def entries(catalogue: Catalog) -> dict[tuple, Message]:
    """Messages by (context, id), without the header."""
    return {(m.context, m.id): m for m in catalogue if m.id}


def strings(message: Message) -> tuple[str, ...]:
    """The translation(s) of a message, one for each plural form."""
    return tuple(message.string) if isinstance(message.string, list | tuple) else (message.string or "",)


def sources(message: Message) -> tuple[str, ...]:
    """The id(s) of a message."""
    return tuple(message.id) if isinstance(message.id, list | tuple) else (message.id,)


def update(apps: list[str]) -> None:
    """Write catalogues anew: ids in use, translations kept, and what other applications say already."""
    known = {name: entries(stored(name)) for name in applications()}
    for app in apps:
        catalogue = extracted(app)
        path = catalogue_path(app)
        if not entries(catalogue):
            if path.exists():
                path.unlink()
            continue
        missing = 0
        for key, message in entries(catalogue).items():
            for other in (app, *known):
                if (old := known[other].get(key)) and all(strings(old)) and not old.fuzzy:
                    message.string = old.string
                    message.user_comments = old.user_comments if other == app else []
                    break
            else:
                missing += 1
        path.parent.mkdir(parents=True, exist_ok=True)
        body = io.BytesIO()
        write_po(body, catalogue, width=110, omit_header=True, sort_by_file=True, include_lineno=False)
        text = HEADER + body.getvalue().decode().lstrip("\n")
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
        print(f"{app}: {len(entries(catalogue))} messages, {missing} without English")


def compile_catalogues(only_stale: bool = False) -> None:
    """Write a .mo beside every .po."""
    for app in applications():
        source = catalogue_path(app)
        target = source.with_suffix(".mo")
        if not source.exists():
            target.unlink(missing_ok=True)
            continue
        if only_stale and target.exists() and target.stat().st_mtime >= source.stat().st_mtime:
            continue
        output = io.BytesIO()
        write_mo(output, stored(app))
        temporary = target.with_suffix(".new")
        temporary.write_bytes(output.getvalue())
        temporary.replace(target)  # a running server never sees half a file


def message_faults(app: str, used: dict[tuple, Message], kept: dict[tuple, Message]) -> Iterator[str]:
    """What is wrong with the catalogue of one application."""
    for key, message in used.items():
        places = ", ".join(sorted({name for name, _ in message.locations}))
        where = f"{app}: {sources(message)[0]!r} ({places})"
        translation = kept.get(key)
        if translation is None:
            yield f"{where}: not in the catalogue; run tools/messages.py update {app}"
        elif not all(strings(translation)):
            yield f"{where}: no English"
        elif translation.fuzzy:
            yield f"{where}: marked fuzzy"
        else:
            expected = sorted(set(PLACEHOLDER.findall(sources(message)[-1])))
            for text in strings(translation):
                got = sorted(set(PLACEHOLDER.findall(text)))
                # The singular may say "one" instead of showing its number.
                if got != expected and not (len(strings(translation)) > 1 and set(got) < set(expected)):
                    yield f"{where}: placeholders {expected} became {got}"
    for key in kept.keys() - used.keys():
        yield f"{app}: {key[1]!r}: no longer used; run tools/messages.py update {app}"


def source_faults(path: Path) -> Iterator[str]:
    """Text that can't be translated: built before gettext sees it, or Chinese outside translation tags."""
    text = path.read_text(encoding="utf-8")
    name = path.relative_to(ROOT).as_posix()
    if path.suffix == ".py":
        for node in ast.walk(ast.parse(text)):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if called in KEYWORDS and isinstance(node.args[0], ast.JoinedStr | ast.BinOp):
                yield f"{name}:{node.lineno}: put the values in after {called}(), with %(name)s"
        return
    plain = TRANSLATED.sub(lambda match: "\n" * match.group().count("\n"), text)
    for number, (line, original) in enumerate(zip(plain.split("\n"), text.split("\n"), strict=True), 1):
        if HAN.search(line) and EXEMPT not in original:
            yield f"{name}:{number}: Chinese outside a translation tag: {line.strip()[:60]}"


def number_faults(used: list[Use]) -> Iterator[str]:
    """Messages said with a number in one place and without in another: there the singular would be shown for any."""
    counted = {(message[0], context) for message, context, *_rest in used if isinstance(message, tuple)}
    for message, context, (name, line), _comments in used:
        if isinstance(message, str) and (message, context) in counted:
            yield f"{name}:{line}: {message!r} has a plural elsewhere: count here too"


def check() -> int:
    """Print every fault; the exit code is 1 when there is one."""
    faults: list[str] = []
    everywhere: list[Use] = []
    spoken: dict[tuple, dict[tuple[str, ...], str]] = {}
    for app in applications():
        found = uses(app)
        everywhere += found
        kept = entries(stored(app))
        faults += message_faults(app, entries(catalogue_of(found)), kept)
        for path in source_files(app):
            faults += source_faults(path)
        for key, message in kept.items():
            if all(strings(message)):
                spoken.setdefault(key, {}).setdefault(strings(message), app)
    faults += number_faults(everywhere)
    for fault in faults:
        print(fault)
    for key, variants in spoken.items():
        if len(variants) > 1:
            # Django merges the catalogues, so only one of these is ever shown.
            said = "; ".join(f"{app}: {' / '.join(text)}" for text, app in variants.items())
            print(f"note: {key[1]!r} has several English texts ({said})")
    print(f"messages: {len(faults)} faults")
    return 1 if faults else 0


def main() -> int:
    """Run one of the commands above."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    updating = commands.add_parser("update", help="extract into the catalogue of an application, or of all")
    updating.add_argument("app", nargs="+", choices=[*applications(), "all"])
    compiling = commands.add_parser("compile", help="write the .mo files")
    compiling.add_argument("--if-stale", action="store_true", help="only those older than their catalogue")
    commands.add_parser("check", help="fail on missing, fuzzy, unused or mismatched messages")
    options = parser.parse_args()
    if options.command == "update":
        update(applications() if "all" in options.app else options.app)
    elif options.command == "compile":
        compile_catalogues(options.if_stale)
    else:
        return check()
    return 0


if __name__ == "__main__":
    sys.exit(main())
