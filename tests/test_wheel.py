"""The built wheel, installed clean: every module imports, the command labels a sound."""

import json
import re
import subprocess
import sys
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
MAX_WHEEL_MB = 45

IMPORT_ALL = """
import importlib, pkgutil, semdnn
names = [m.name for m in pkgutil.walk_packages(semdnn.__path__, "semdnn.")]
for name in names:
    if not name.endswith("__main__"):
        importlib.import_module(name)
print(len(names), semdnn.__file__)
"""


def torch_requirement() -> str:
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    return re.search(r"^TORCH \?= (\S+)$", text, re.MULTILINE).group(1)


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "build", "--wheel", "--outdir", str(folder), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    assert wheel.stat().st_size < MAX_WHEEL_MB * 1e6
    venv.create(folder / "venv", with_pip=True)
    pip = [str(folder / "venv/bin/python"), "-m", "pip", "install", "--quiet"]
    subprocess.run([*pip, torch_requirement()], check=True, capture_output=True)
    subprocess.run([*pip, f"{wheel}[web]"], check=True, capture_output=True)
    return folder / "venv" / "bin"


@pytest.mark.slow
def test_every_module_of_the_wheel_imports(installed, tmp_path):
    done = subprocess.run(
        [installed / "python", "-W", "error", "-c", IMPORT_ALL],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    n_modules, place = done.stdout.split()
    assert int(n_modules) > 40
    assert str(installed.parent) in place


@pytest.mark.slow
def test_the_installed_command_labels_a_sound(installed, sounds):
    command = [installed / "semdnn", "label", sounds / "noise.WAV", "--format", "json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["words"]
