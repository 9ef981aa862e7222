"""``tongxin doctor``: what is in order and what is not, and what to do; the lines come from :mod:`tongxin.core.findings`."""

import json
from dataclasses import asdict

import django

from tongxin.config.console import say


def examine(*, as_json: bool = False, stopped: bool = False) -> int:
    """Print every finding; the exit code is 1 when something is wrong. ``stopped``: nothing of ours runs just now."""
    django.setup()
    from django.utils import translation

    from tongxin.core import findings

    with translation.override(say("zh-hans", "en")):
        found = findings.examine(stopped=stopped)
        is_wrong = any(line.state is findings.State.WRONG for line in found)
        if as_json:
            print(
                json.dumps(
                    {"ok": not is_wrong, "findings": [asdict(line) for line in found]},
                    ensure_ascii=False,
                    indent=1,
                )
            )
        else:
            for line in found:
                todo = f"\n    → {line.todo}" if line.todo else ""
                print(f"{line.mark} {line.name}: {line.meaning}{todo}")
    return int(is_wrong)
