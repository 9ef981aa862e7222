#!/usr/bin/env python3
"""Verify a downloaded Tongxin ledger without trusting the server that gave it.

    python3 verify.py tongxin-ledger.jsonl [--head NUMBER:DIGEST]

Each line holds a number, a time, the digest of a body, the previous digest and its own digest. Public entries also
hold the body and its salt. Checked: numbers run from 1 without a gap, every digest is right, every link points to the
line before, every public body matches its digest, times are readable. With --head, that the file ends at (or passes
through) an entry that you noted earlier: keep the last line's number and digest each time, and nobody can rewrite or
cut off what you have seen. Prints the first fault and exits with 1; exits with 0 when all holds.

This file needs nothing but Python 3.8 or later.
"""

import argparse
import hashlib
import json
import sys
from typing import Iterable, Optional, Tuple

GENESIS = "0" * 64


def digest(algorithm: str, *parts: str) -> str:
    """Digest of the parts joined by newlines."""
    return hashlib.new(algorithm, "\n".join(parts).encode("utf-8")).hexdigest()


def verify(
    lines: Iterable[str], algorithm: str = "sha256", head: Optional[Tuple[int, str]] = None
) -> Tuple[int, int, Optional[str]]:
    """Return (entries that hold, public ones among them, first fault or None)."""
    previous, expected, public, seen_head = GENESIS, 1, 0, head is None
    for text in lines:
        if not text.strip():
            continue
        try:
            line = json.loads(text)
            seq, at = line["seq"], line["at"]
            linked, body_digest, own = line["previous"], line["body_digest"], line["digest"]
        except (ValueError, KeyError, TypeError):
            return expected - 1, public, "#%d: unreadable" % expected
        if seq != expected:
            kind = "missing" if isinstance(seq, int) and seq > expected else "reordered"
            return expected - 1, public, "#%d: %s" % (expected, kind)
        if "body" in line:
            if digest(algorithm, line.get("salt", ""), line["body"]) != body_digest:
                return expected - 1, public, "#%d: altered" % seq
            public += 1
        if digest(algorithm, str(seq), at, body_digest, linked) != own:
            return expected - 1, public, "#%d: altered" % seq
        if linked != previous:
            return expected - 1, public, "#%d: reordered" % seq
        if head and seq == head[0]:
            if own != head[1]:
                return expected - 1, public, "#%d: differs from the entry you noted" % seq
            seen_head = True
        previous, expected = own, expected + 1
    if head and not seen_head:
        return expected - 1, public, "#%d: cut off before the entry you noted (#%d)" % (expected, head[0])
    return expected - 1, public, None


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(description="Verify a downloaded Tongxin ledger.")
    parser.add_argument("file")
    parser.add_argument(
        "--algorithm", default="sha256", help="sha256 (default) or sm3, as the ledger page says"
    )
    parser.add_argument("--head", help="NUMBER:DIGEST of an entry that you noted earlier")
    options = parser.parse_args()
    head = None
    if options.head:
        number, _, noted = options.head.partition(":")
        head = (int(number), noted)
    with open(options.file, encoding="utf-8") as lines:
        count, public, fault = verify(lines, options.algorithm, head)
    if fault:
        print("FAULT at entry %s (%d entries before it hold)" % (fault, count))
        return 1
    print("All %d entries hold, %d of them public." % (count, public))
    return 0


if __name__ == "__main__":
    sys.exit(main())
