"""The built wheel works where the checkout is not: inside it, a wrong finder would pass."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("wheel")]


def run(*words: str | Path, cwd: Path) -> str:
    """Runs a program without what points at the checkout; its stdout."""
    pointers = {"PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV"}
    clean = {name: value for name, value in os.environ.items() if name not in pointers}
    done = subprocess.run(words, cwd=cwd, env=clean, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def built(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel and the sdist."""
    folder = tmp_path_factory.mktemp("built")
    run(sys.executable, "-m", "hatchling", "build", "-d", folder, cwd=checkout)
    return folder


@pytest.fixture(scope="module")
def installed(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bin folder of an environment with the wheel, and this one's libraries behind it."""
    home = tmp_path_factory.mktemp("elsewhere") / "env"
    venv.create(home, symlinks=True, with_pip=False)
    python = home / "bin" / "python"
    (wheel,) = built.glob("*.whl")
    run(
        sys.executable,
        "-m",
        "pip",
        "--python",
        python,
        "install",
        "--quiet",
        "--no-index",
        "--no-deps",
        wheel,
        cwd=home,
    )
    site = run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=home).strip()
    # Named in a .pth, a folder's own .pth files are not read: the editable install stays unseen.
    (Path(site) / "libraries.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    return home / "bin"


def test_the_installed_package_finds_its_own_documents(installed: Path, tmp_path: Path, checkout: Path) -> None:
    program = (
        "import dealgate, dealgate_adapters\n"
        "from dealgate.bundled import bundled\n"
        "for path in (dealgate.__file__, dealgate_adapters.__file__, bundled('rules'), bundled('schemas')):\n"
        "    print(path)\n"
    )
    package, adapters, rules, schemas = run(installed / "python", "-I", "-c", program, cwd=tmp_path).split()
    for path in (package, adapters, rules, schemas):
        assert Path(path).resolve().is_relative_to(installed.parent.resolve()), path
    assert (Path(rules) / "fields.yaml").is_file()
    for kind in ("rules", "schemas"):
        ours = {p.relative_to(checkout / kind) for p in (checkout / kind).rglob("*") if p.is_file()}
        theirs = {
            p.relative_to(Path(rules).parent / kind) for p in (Path(rules).parent / kind).rglob("*") if p.is_file()
        }
        assert theirs == ours
    assert (Path(package).parent / "py.typed").is_file()
    assert (Path(package).parent / "pages" / "DG990.md").is_file()


def test_the_installed_command_judges_a_bundled_process(installed: Path, tmp_path: Path) -> None:
    assert run(installed / "dealgate", "--version", cwd=tmp_path).strip().endswith("0.1.0")
    run(installed / "dealgate", "validate", "practical", cwd=tmp_path)


def test_the_installed_command_makes_a_store_with_its_migrations(installed: Path, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/kept.db"
    run(installed / "dealgate", "store", "init", "--url", url, cwd=tmp_path)
    assert "events" in run(installed / "dealgate", "store", "stats", "--url", url, cwd=tmp_path)
    assert "hold" in run(installed / "dealgate", "audit", "verify", "--url", url, cwd=tmp_path)


def test_the_installed_package_loads_a_bundled_process(installed: Path, tmp_path: Path) -> None:
    program = "import dealgate; dealgate.load('practical'); print('held')"
    assert run(installed / "python", "-I", "-c", program, cwd=tmp_path) == "held\n"


def test_the_installed_command_makes_workspaces_that_hold_of_every_bundled_process(
    installed: Path, tmp_path: Path, checkout: Path
) -> None:
    names = [p.stem for p in (checkout / "rules/processes").glob("*.yaml") if "." not in p.stem]
    assert names
    for name in names:
        for folder, words in ((name, []), (f"{name}-client", ["--client", "Acme"])):
            run(installed / "dealgate", "init", folder, "--from", name, "--currency", "EUR", *words, cwd=tmp_path)
            run(installed / "dealgate", "validate", cwd=tmp_path / folder)
            assert "Coverage: complete." in run(installed / "dealgate", "test", "--coverage", cwd=tmp_path / folder)


def test_the_wheel_carries_nothing_else(built: Path) -> None:
    (wheel,) = built.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert {name.split("/")[0] for name in names} == {"dealgate", "dealgate_adapters", "dealgate-0.1.0.dist-info"}
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert not [name for name in names if "__pycache__" in name or name.endswith(".pyc")]


def test_the_sdist_builds_the_same_wheel(built: Path, tmp_path: Path) -> None:
    (sdist,) = built.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path, filter="data")
    (tree,) = tmp_path.iterdir()
    again = tmp_path / "again"
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", again, cwd=tree)
    (first,), (second,) = built.glob("*.whl"), again.glob("*.whl")
    with zipfile.ZipFile(first) as one, zipfile.ZipFile(second) as two:
        assert sorted(one.namelist()) == sorted(two.namelist())
