"""Approved texts: which template a purpose uses, and its parameters from the message's data only."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tongxin.notices.channels.base import Kind, Misconfigured, Parcel, Refused

NOTICE = "notice"
"""The template for every purpose without its own. A one-time code never goes out by it."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """A template with its parameters, by name and in order."""

    id: str
    parameters: dict[str, str]
    entry: Mapping[str, Any]


def choose(parcel: Parcel, templates: Mapping[str, Any]) -> Chosen:
    """The template of ``parcel.purpose`` (``purpose@language`` first), filled from ``parcel.data``.

    Raises :class:`Misconfigured` for this purpose when there is no template or the data lacks a parameter.
    """
    names = [f"{parcel.purpose}@{parcel.language}", parcel.purpose]
    if parcel.purpose != "code":
        names += [f"{NOTICE}@{parcel.language}", NOTICE]
    entry = next((templates[name] for name in names if name in templates), None)
    if entry is None:
        raise _unfit(f"no template for {parcel.purpose or 'notice'}")
    wanted = wanted_parameters(entry)
    missing = [key for key in wanted.values() if parcel.data.get(key) is None]
    if missing:
        raise _unfit(f"template {parcel.purpose}: the data has no {', '.join(missing)}")
    return Chosen(str(entry["id"]), {name: str(parcel.data[key]) for name, key in wanted.items()}, entry)


def wanted_parameters(entry: Mapping[str, Any]) -> dict[str, str]:
    """Key in the data by parameter: a list names both at once."""
    listed = entry.get("parameters", [])
    return dict(listed) if isinstance(listed, Mapping) else {str(name): str(name) for name in listed}


def template_problems(templates: Any) -> list[str]:
    """What is wrong with the setting ``templates``."""
    if not isinstance(templates, Mapping):
        return ['needs "templates" as an object: purpose → {"id": …, "parameters": […]}']
    problems = []
    for purpose, entry in templates.items():
        if not isinstance(entry, Mapping) or not entry.get("id"):
            problems.append(f'template "{purpose}" needs an "id"')
        elif not isinstance(entry.get("parameters", []), list | Mapping):
            problems.append(f'template "{purpose}": "parameters" is a list of names or an object')
    return problems


def mobile(address: str) -> str:
    """A mobile number of the mainland, eleven digits, or :class:`Refused`."""
    if len(address) != 11 or not address.isdecimal() or not address.startswith("1"):
        raise Refused("not a mobile number", kind=Kind.ADDRESS)
    return address


def _unfit(reason: str) -> Misconfigured:
    return Misconfigured(reason, kind=Kind.TEMPLATE, is_about_provider=False)
