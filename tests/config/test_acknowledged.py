"""What was acknowledged survives ``kill -9`` of a web process, of the database and of the parent of all."""

from pathlib import Path

from bench.soak import Soak

from tests.testing.processes import free_port


def test_nothing_acknowledged_is_lost(tmp_path: Path) -> None:
    found = Soak(tmp_path / "data", free_port(), submissions=150, concurrency=20).run()

    assert found.killed == ["a web process", "PostgreSQL", "the parent of all"]
    assert found.failures > 0, "the kills were not felt; nothing was tried"
    assert found.faults == []
    assert len(found.numbers) == 150
