"""Nothing heavy is loaded when the application starts: cold start is a promise (docs/performance.md)."""

import os
import subprocess
import sys
from pathlib import Path

HEAVY = {"openpyxl", "numpy", "scipy", "httpx", "icalendar", "docx", "typst", "python_calamine", "segno"}
"""Libraries that a few pages or jobs need; each is imported where it is used."""


def test_starting_loads_no_heavy_library(tmp_path: Path) -> None:
    script = (
        "import sys, django; django.setup()\n"
        "from django.urls import get_resolver; get_resolver().url_patterns\n"
        "print(' '.join(sorted({name.split('.')[0] for name in sys.modules})))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "tongxin.config.settings",
            "TONGXIN_HOME": str(tmp_path),
        },
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    assert set(done.stdout.split()) & HEAVY == set()
