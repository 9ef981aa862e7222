#!/usr/bin/env python3
"""Check the syntax of our own JavaScript with Node, the machine's or the wheel's."""

import subprocess
import sys

from setup import ROOT, npm_command


def main() -> int:
    """Exit code 1 when a file does not parse."""
    npm, folder = npm_command()
    node = npm[0] if folder else "node"
    failed = 0
    for path in sorted((ROOT / "src" / "tongxin").glob("*/static/**/*.js")):
        failed |= subprocess.run([node, "--check", str(path)], check=False).returncode
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
