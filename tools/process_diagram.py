"""Write docs/process.md from the process table: ``python tools/process_diagram.py [--check]``."""

import os
import sys
from pathlib import Path

PAGE = Path(__file__).resolve().parent.parent / "docs" / "process.md"


def page() -> str:
    """The page as it should be."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tongxin.config.settings")
    import django

    django.setup()
    from tongxin.matters.process import SIX_STEPS

    lines = [
        "# The six-step method",
        "",
        "Drawn from `src/tongxin/matters/process.py` by `tools/process_diagram.py`; `make check` fails when it differs.",
        "",
        "```mermaid",
        *SIX_STEPS.diagram(),
        "```",
        "",
        "| state | step | who has it | clock | when it runs out | what comes next |",
        "|---|---|---|---|---|---|",
    ]
    for state in SIX_STEPS.states:
        clock = f"{state.clock.days} {state.clock.kind} days" if state.clock else "none"
        expiry = state.clock.at_expiry.replace("_", " ") if state.clock else ""
        lines.append(
            f"| `{state.code}` {state.label} | {state.step.seal} | {state.owner} | {clock} | {expiry} "
            f"| {state.next_up} |"
        )
    lines += [
        "",
        "| what can be done | from | to | by | must leave | conditions | ledger event |",
        "|---|---|---|---|---|---|---|",
    ]
    for t in SIX_STEPS.transitions:
        kinds = f" ({', '.join(t.kinds)})" if t.kinds else ""
        lines.append(
            f"| `{t.name}` {t.label}{kinds} | {', '.join(t.sources)} | {t.target or 'stays'} | {', '.join(t.roles)} "
            f"| {t.artefact or ''} | {', '.join(t.guards)} | `{t.event}` |"
        )
    return "\n".join(lines) + "\n"


def main() -> int:
    """Write the page, or say whether it is up to date."""
    wanted = page()
    if "--check" in sys.argv:
        if not PAGE.exists() or PAGE.read_text() != wanted:
            sys.stderr.write("docs/process.md differs from the table: run python tools/process_diagram.py\n")
            return 1
        return 0
    PAGE.write_text(wanted)
    return 0


if __name__ == "__main__":
    sys.exit(main())
