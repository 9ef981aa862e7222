"""What is installed is pinned, with hashes, from the public registries."""

import json
import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_python_packages_come_from_pypi_with_hashes() -> None:
    text = (ROOT / "uv.lock").read_text()
    hosts = set(re.findall(r"\b[a-z]+://([^/\"]*)", text))
    assert hosts == {"pypi.org", "files.pythonhosted.org"}
    for package in tomllib.loads(text)["package"]:
        if package["source"] != {"editable": "."}:
            files = [*package.get("wheels", []), *filter(None, [package.get("sdist")])]
            assert files
            assert all(file["hash"].startswith("sha256:") for file in files), package["name"]


def test_browser_packages_are_pinned_with_hashes() -> None:
    package = json.loads((ROOT / "package.json").read_text())
    lock = json.loads((ROOT / "package-lock.json").read_text())
    wanted = package.get("dependencies", {}) | package.get("devDependencies", {})
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in wanted.values())
    entries = {name: entry for name, entry in lock["packages"].items() if name}
    assert {name.removeprefix("node_modules/") for name in entries} >= wanted.keys()
    for entry in entries.values():
        assert entry["integrity"].startswith("sha512-")
        assert entry.get("resolved", "https://registry.npmjs.org/").startswith("https://registry.npmjs.org/")


def test_every_browser_file_is_of_a_package_we_name() -> None:
    package = json.loads((ROOT / "package.json").read_text())
    for source in package["vendor"]:
        assert any(source.startswith(f"{name}/") for name in package["dependencies"])
