"""Split archives against their unsplit originals, and those that Info-ZIP splits."""

import io
import shutil
import subprocess
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from semdnn.datasets.split_zip import SplitZipError, find_parts, open_zip

DAMAGE = (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, AssertionError)


def make_zip(contents, method=zipfile.ZIP_DEFLATED):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in contents.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def read_all(path):
    with open_zip(find_parts(path)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture(scope="module")
def contents():
    rng = np.random.default_rng(0)
    return {f"audio/{i}.wav": rng.bytes(1000 * i) for i in range(12)} | {"meta.csv": b"a,b\n" * 99}


@pytest.mark.parametrize("zip64", [False, True])
@pytest.mark.parametrize("size", [200, 1_000, 30_000, 66_500, 10**6])
def test_a_split_archive_reads_as_the_original(
    size, zip64, contents, split_zip, write_parts, tmp_path
):
    path = write_parts(tmp_path, split_zip(make_zip(contents), size, zip64=zip64))
    assert read_all(path) == contents


@settings(max_examples=40, deadline=None)
@given(
    contents=st.dictionaries(
        st.text("abcdé/", min_size=1, max_size=8).filter(lambda n: not n.endswith("/")),
        st.binary(max_size=300),
        max_size=6,
    ),
    size=st.integers(150, 900),
    zip64=st.booleans(),
    method=st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED]),
)
def test_any_split_archive_reads_as_the_original(  # noqa: PLR0913, PLR0917 - drawn and fixtures
    contents, size, zip64, method, split_zip, write_parts, tmp_path_factory
):
    folder = tmp_path_factory.mktemp("split")
    path = write_parts(folder, split_zip(make_zip(contents, method), size, zip64=zip64))
    assert read_all(path) == contents


def test_what_a_plain_reader_makes_of_it(contents, split_zip, write_parts, tmp_path):
    """Why this module is needed: the standard library does not read split archives."""
    parts = split_zip(make_zip(contents), 30_000)
    path = tmp_path / "joined.zip"
    path.write_bytes(b"".join(parts))
    with pytest.raises(zipfile.BadZipFile), zipfile.ZipFile(path) as archive:
        archive.read("audio/9.wav")


@pytest.mark.skipif(not shutil.which("zip"), reason="Info-ZIP's zip is not installed")
def test_an_archive_that_info_zip_split(tmp_path):
    rng = np.random.default_rng(1)
    contents = {f"x/{i}.bin": rng.bytes(50_000) for i in range(6)}
    for name, content in contents.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
    command = ["zip", "-q", "-r", "-D", "-s", "64k", "a.zip", "x"]
    subprocess.run(command, cwd=tmp_path, check=True)
    parts = find_parts(tmp_path / "a.zip")
    assert [part.name for part in parts] == ["a.z01", "a.z02", "a.z03", "a.z04", "a.zip"]
    assert read_all(tmp_path / "a.zip") == contents


def test_a_plain_archive_is_its_only_part(tmp_path):
    path = tmp_path / "a.zip"
    path.write_bytes(make_zip({"x": b"1"}))
    assert find_parts(path) == (path,)
    assert read_all(path) == {"x": b"1"}


def test_no_zip_archive_has_no_parts(tmp_path):
    path = tmp_path / "a.zip"
    for content in (b"", b"<!DOCTYPE html>", b"PK\5\6", bytes(100)):
        path.write_bytes(content)
        assert find_parts(path) == ()


def test_a_missing_part_is_named(contents, split_zip, write_parts, tmp_path):
    path = write_parts(tmp_path, split_zip(make_zip(contents), 30_000))
    (tmp_path / "a.z02").unlink()
    with pytest.raises(SplitZipError, match=r"a\.z02: missing: a\.zip is the last of 3 parts"):
        find_parts(path)


@pytest.mark.parametrize("zip64", [False, True])
def test_damage_never_passes(zip64, contents, split_zip, write_parts, tmp_path):
    parts = split_zip(make_zip(contents), 30_000, zip64=zip64)
    rng = np.random.default_rng(2)
    for at in rng.integers(0, len(parts[-1]), 60):
        last = bytearray(parts[-1])
        last[at] ^= 0x55
        path = write_parts(tmp_path, [*parts[:-1], bytes(last)])
        try:
            found = read_all(path)
        except (SplitZipError, *DAMAGE):
            continue
        assert set(found.values()) <= set(contents.values())


def test_offsets_beyond_four_gibibytes(contents, split_zip, write_parts, tmp_path):
    path = write_parts(tmp_path, split_zip(make_zip(contents), 30_000))
    with (tmp_path / "a.z01").open("r+b") as first:
        first.truncate(5 << 30)  # sparse: takes no room
    with open_zip(find_parts(path)) as archive:
        assert archive.getinfo("audio/11.wav").header_offset > 5 << 30
        for name in ("audio/1.wav", "audio/11.wav", "meta.csv"):  # those that end in their part
            assert archive.read(name) == contents[name]
