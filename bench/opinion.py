"""``python -m bench.opinion``: CPU seconds and memory of the opinion map, and ratios to red-dwarf where it is installed.

Every measurement runs in a process of its own, on one thread, and counts CPU time from integer arrays (for
red-dwarf: from its list of votes) to the finished result. red-dwarf needs scikit-learn and pandas, so it lives in an
environment of its own: ``--red-dwarf /path/to/python``. Its time on 100,000 participants grows with their square;
``--compare-large`` measures it at the size asked for and never extrapolates.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from math import exp, log
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

FIXTURES = Path(__file__).parent.parent / "tests/deliberation/opinion/data"
SOURCE = Path(__file__).parent.parent / "src"
STATEMENTS = 500
VOTES_EACH = 20

# The peak of the process's own memory: getrusage would count the parent's as well.
PEAK = """
def peak():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1024
"""

OURS = """
import json, sys, time
import numpy as np
from tongxin.deliberation.opinion import opinion_map
names = ("participants", "statements", "votes", "out")
participants, statements, votes, out = (np.load(f"{sys.argv[1]}/{name}.npy") for name in names)
before, times = peak(), []
for _ in range(int(sys.argv[2])):
    begin = time.process_time()
    drawn = opinion_map(participants, statements, votes, moderated_out=out)
    times.append(time.process_time() - begin)
print(json.dumps({"seconds": min(times), "first": times[0], "peak_mb": peak(), "loaded_mb": before, "k": drawn.k}))
"""

THEIRS = """
import json, sys, time, warnings
import numpy as np
warnings.filterwarnings("ignore")
from reddwarf.implementations.polis import run_clustering
stored = {name: np.load(f"{sys.argv[1]}/{name}.npy").tolist() for name in ("participants", "statements", "votes", "out")}
votes = [
    {"participant_id": p, "statement_id": s, "vote": v}
    for p, s, v in zip(*(stored[name] for name in ("participants", "statements", "votes")))
]
out = stored["out"]
times = []
for _ in range(int(sys.argv[2])):
    begin = time.process_time()
    result = run_clustering(votes=votes, mod_out_statement_ids=out)
    times.append(time.process_time() - begin)
print(json.dumps({"seconds": min(times), "first": times[0], "peak_mb": peak(), "k": len(set(result.clusterer.labels_))}))
"""


def main() -> int:
    """Measure and print; returns the exit code."""
    top = argparse.ArgumentParser(
        prog="python -m bench.opinion", description=(__doc__ or "").split("\n", 1)[0]
    )
    top.add_argument(
        "--data", type=Path, default=FIXTURES, help="folder of conversations in Polis's export format"
    )
    top.add_argument(
        "--red-dwarf", default=os.environ.get("RED_DWARF_PYTHON", ""), help="Python with red-dwarf"
    )
    top.add_argument(
        "--participants", type=int, nargs="*", default=[100_000, 1_000_000], help="sizes to draw up"
    )
    top.add_argument(
        "--compare-large", type=int, default=0, help="measure red-dwarf too, at this many participants"
    )
    options = top.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        _real(options.data, options.red_dwarf, Path(folder))
        for size in options.participants:
            _drawn_up(size, options.red_dwarf if size == options.compare_large else "", Path(folder))
    return 0


def _real(data: Path, red_dwarf: str, folder: Path) -> None:
    from tongxin.deliberation.opinion.files import read_comments, read_votes
    from tongxin.deliberation.opinion.votes import vote_table

    ratios = []
    for votes_file in sorted([*data.glob("*/votes.csv"), *data.glob("*/votes.csv.gz")]):
        comments = votes_file.with_name(votes_file.name.replace("votes", "comments"))
        read = read_votes(votes_file)
        out = [one.statement for one in read_comments(comments) if one.moderated == -1]
        table = vote_table(read.participants, read.statements, read.votes)
        _store(
            folder,
            participants=table.participant_ids[table.rows()],
            statements=table.statement_ids[table.columns],
            votes=table.values.astype(np.int64),
            out=np.array(out, dtype=np.int64),
        )
        ours = _measured(sys.executable, OURS, folder, 5)
        line = f"{votes_file.parent.name:32} {table.participants:>9,} participants  {ours['seconds']:8.3f} s"
        if red_dwarf:
            theirs = _measured(red_dwarf, THEIRS, folder, 3)
            ratios.append(theirs["seconds"] / ours["seconds"])
            line += f"   red-dwarf {theirs['seconds']:8.3f} s   {ratios[-1]:6.1f} ×"
        print(line, flush=True)
    if ratios:
        print(f"{'geometric mean':32} {exp(sum(map(log, ratios)) / len(ratios)):71.1f} ×")


def _drawn_up(size: int, red_dwarf: str, folder: Path) -> None:
    participants, statements, votes = drawn_up_votes(size)
    _store(folder, participants=participants, statements=statements, votes=votes, out=np.empty(0, np.int64))
    del participants, statements, votes
    ours = _measured(sys.executable, OURS, folder, 1)
    line = (
        f"{f'{STATEMENTS} statements, {VOTES_EACH} votes each':32} {size:>9,} participants  {ours['seconds']:8.3f} s"
        f"   {ours['peak_mb']:6.0f} MB at most, {ours['loaded_mb']:.0f} MB of it before the start"
    )
    if red_dwarf:
        theirs = _measured(red_dwarf, THEIRS, folder, 1)
        line += f"   red-dwarf {theirs['seconds']:.1f} s   {theirs['seconds'] / ours['seconds']:.0f} ×"
    print(line, flush=True)


def drawn_up_votes(
    size: int, *, statements: int = STATEMENTS, each: int = VOTES_EACH, seed: int = 1
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Invented votes: three camps with leanings of their own on every statement, ``each`` votes by everybody."""
    random = np.random.default_rng(seed)
    camp = random.choice(3, size=size, p=[0.5, 0.3, 0.2])
    leaning = random.normal(0, 1, (3, statements)) + random.normal(0.4, 0.6, statements)
    step = statements // each
    # One statement out of each of ``each`` bands, so nobody votes twice on one.
    chosen = (np.arange(each) * step + random.integers(0, step, (size, each))).reshape(-1)
    people = np.repeat(np.arange(size), each)
    votes = np.empty(len(people), dtype=np.int64)
    for begin in range(0, len(people), 1_000_000):
        part = slice(begin, begin + 1_000_000)
        felt = leaning[camp[people[part]], chosen[part]] + random.normal(0, 1, len(people[part]))
        votes[part] = np.where(np.abs(felt) < 0.3, 0, np.sign(felt))
    order = random.permutation(len(people))
    return people[order], chosen[order], votes[order]


def _store(folder: Path, **arrays: NDArray[np.int64]) -> None:
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array)


def _measured(python: str, program: str, stored: Path, rounds: int) -> dict[str, float]:
    one_thread = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    environment = os.environ | one_thread
    if python == sys.executable:
        environment["PYTHONPATH"] = str(SOURCE)
    done = subprocess.run(
        [python, "-c", PEAK + program, str(stored), str(rounds)],
        env=environment,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    measured: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return measured


if __name__ == "__main__":
    sys.exit(main())
