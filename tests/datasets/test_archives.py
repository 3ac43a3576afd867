"""Unpacking: what good archives give, and that bad ones leave nothing behind."""

import io
import os
import shutil
import stat
import tarfile
import zipfile
from collections import namedtuple

import pytest

from semdnn.datasets.archives import ArchiveError, Limits, Unpacked, unpack

TIGHT = Limits(max_bytes=10_000, max_ratio=20, free_bytes=1_000, max_members=20)


def zip_file(path, members):
    """Write members: name (or a `ZipInfo`) -> content."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return path


def tar_file(path, members):
    """Write members: a name with content, or a `TarInfo`."""
    with tarfile.open(path, "w:gz") as archive:
        for name, content in members:
            info = name if isinstance(name, tarfile.TarInfo) else tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return path


def zip_kind(name, kind):
    info = zipfile.ZipInfo(name)
    info.create_system = 3
    info.external_attr = (kind | 0o777) << 16
    return info


def tar_kind(name, kind, target=""):
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


def everything(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


GOOD = [("set/audio/1.wav", b"one"), ("set/meta.csv", b"a,b\n"), ("set/empty", b"")]


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "data"
    path.mkdir()
    (path / "mine.txt").write_bytes(b"kept")
    return path


@pytest.mark.parametrize("write", [zip_file, tar_file])
@pytest.mark.parametrize("strip_root", [False, True])
def test_files_come_out_as_they_went_in(write, strip_root, folder, tmp_path):
    root = "" if strip_root else "set/"
    archive = write(tmp_path / "a.archive", GOOD)
    assert unpack(archive, folder, strip_root=strip_root) == Unpacked(3, 7)
    assert everything(folder) == {
        "mine.txt": b"kept",
        f"{root}audio/1.wav": b"one",
        f"{root}meta.csv": b"a,b\n",
        f"{root}empty": b"",
    }


@pytest.mark.parametrize("write", [zip_file, tar_file])
def test_what_macos_leaves_behind_is_left_out(write, folder, tmp_path):
    litter = [("._set", b"x"), ("__MACOSX/set/._1.wav", b"x"), ("set/.DS_Store", b"x")]
    unpack(write(tmp_path / "a", GOOD + litter), folder, strip_root=True)
    assert set(everything(folder)) == {"mine.txt", "audio/1.wav", "meta.csv", "empty"}


def test_two_roots_are_both_kept(folder, tmp_path):
    unpack(zip_file(tmp_path / "a.zip", [*GOOD, ("readme", b"r")]), folder, strip_root=True)
    assert {"set/meta.csv", "readme"} <= set(everything(folder))


def test_existing_files_are_replaced_and_folders_merged(folder, tmp_path):
    (folder / "set" / "audio").mkdir(parents=True)
    (folder / "set" / "audio" / "2.wav").write_bytes(b"two")
    (folder / "set" / "meta.csv").write_bytes(b"old")
    unpack(zip_file(tmp_path / "a.zip", GOOD), folder)
    assert everything(folder)["set/meta.csv"] == b"a,b\n"
    assert everything(folder)["set/audio/2.wav"] == b"two"


def test_the_folder_is_made(tmp_path):
    unpack(zip_file(tmp_path / "a.zip", GOOD), tmp_path / "new" / "data")
    assert len(everything(tmp_path / "new" / "data")) == 3


def test_what_an_interrupted_run_left_is_cleared(folder, tmp_path):
    (folder / ".unpacking" / "half").mkdir(parents=True)
    unpack(zip_file(tmp_path / "a.zip", GOOD), folder)
    assert not (folder / ".unpacking").exists()


OUTSIDE = ["../evil", "a/../../evil", "/tmp/evil", "..", "a\\..\\evil", "C:/evil", ".unpacking/x"]


@pytest.mark.parametrize("name", OUTSIDE)
@pytest.mark.parametrize("write", [zip_file, tar_file])
def test_no_member_leads_out_of_the_folder(write, name, folder, tmp_path):
    archive = write(tmp_path / "a", [*GOOD, (name, b"x")])
    refused(archive, folder, "leads out of the folder")
    assert not (tmp_path / "evil").exists()


def refused(archive, folder, message, **options):
    with pytest.raises(ArchiveError, match=message):
        unpack(archive, folder, **options)
    assert everything(folder) == {"mine.txt": b"kept"}
    assert [path.name for path in folder.iterdir()] == ["mine.txt"]


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR])
def test_zip_members_that_are_no_files_are_refused(kind, folder, tmp_path):
    archive = zip_file(tmp_path / "a.zip", [*GOOD, (zip_kind("set/link", kind), b"/etc/passwd")])
    refused(archive, folder, "'set/link' is a link or a device")


TAR_KINDS = [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE]


@pytest.mark.parametrize("kind", TAR_KINDS)
def test_tar_members_that_are_no_files_are_refused(kind, folder, tmp_path):
    archive = tar_file(tmp_path / "a", [*GOOD, (tar_kind("set/link", kind, "set/meta.csv"), b"")])
    refused(archive, folder, "'set/link' is a link or a device")


@pytest.mark.parametrize("write", [zip_file, tar_file])
def test_a_bomb_is_refused_by_its_ratio(write, folder, tmp_path):
    archive = write(tmp_path / "a", [("zeros", bytes(9_000))])
    assert archive.stat().st_size * 20 < 9_000
    refused(archive, folder, "zip bomb", limits=TIGHT)


@pytest.mark.parametrize("write", [zip_file, tar_file])
def test_a_bomb_is_refused_by_its_size(write, folder, tmp_path):
    members = [(f"{i}", os.urandom(2_000)) for i in range(6)]
    refused(write(tmp_path / "a", members), folder, "more than 10,000 bytes", limits=TIGHT)


@pytest.mark.parametrize("write", [zip_file, tar_file])
def test_too_many_members_are_refused(write, folder, tmp_path):
    archive = write(tmp_path / "a", [(f"{i}", b"") for i in range(21)])
    refused(archive, folder, "more than 20 members", limits=TIGHT)


def test_overlapping_members_are_counted_each(folder, tmp_path):
    """A bomb of one stream that many entries of the directory point at."""
    path = zip_file(tmp_path / "a.zip", [("aa", os.urandom(2_000))])
    content = path.read_bytes()
    at = content.index(b"PK\1\2")
    entry, end = content[at : at + 48], bytearray(content[at + 48 :])
    end[8:12] = bytes([9, 0, 9, 0])
    end[12:16] = (9 * 48).to_bytes(4, "little")
    entries = [entry.replace(b"aa", f"a{i}".encode()) for i in range(9)]
    path.write_bytes(content[:at] + b"".join(entries) + bytes(end))
    refused(path, folder, "more than 10,000 bytes", limits=TIGHT)


def test_a_member_larger_than_it_says_never_gets_through(folder, tmp_path):
    path = zip_file(tmp_path / "a.zip", [("zeros", bytes(5_000))])
    content = path.read_bytes().replace((5_000).to_bytes(4, "little"), (50).to_bytes(4, "little"))
    path.write_bytes(content)
    refused(path, folder, "damaged")


def test_a_full_disk_is_told_before_anything_is_written(folder, tmp_path, monkeypatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(10, 5, 5))
    refused(zip_file(tmp_path / "a.zip", GOOD), folder, "make room or choose another folder")


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("write", [zip_file, tar_file])
@pytest.mark.parametrize(
    ("members", "message"),
    [
        ([("x", b"1"), ("./x", b"2")], "'x' is in it twice"),
        ([("x", b"1"), ("x", b"2")], "'x' is in it twice"),
        ([("x", b"1"), ("x/y", b"2")], "both a file and a folder"),
        ([("x/y", b"1"), ("x", b"2")], "both a file and a folder"),
        ([("x" * 256, b"1")], "longer than 255 bytes"),
    ],
)
def test_names_in_each_others_way_are_refused(write, members, message, folder, tmp_path):
    refused(write(tmp_path / "a", members), folder, message)


def test_an_encrypted_member_is_refused(folder, tmp_path):
    path = zip_file(tmp_path / "a.zip", [("x", b"secret")])
    content = bytearray(path.read_bytes())
    for mark, offset in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        content[content.index(mark) + offset] |= 1
    path.write_bytes(content)
    refused(path, folder, "'x' is encrypted")


@pytest.mark.parametrize("write", [zip_file, tar_file])
def test_a_damaged_archive_leaves_nothing(write, folder, tmp_path):
    path = write(tmp_path / "a", [*GOOD, ("noise", os.urandom(3_000))])
    content = bytearray(path.read_bytes())
    content[1_000] ^= 0xFF
    path.write_bytes(content)
    refused(path, folder, "damaged")


@pytest.mark.parametrize("write", [zip_file, tar_file])
def test_an_archive_that_breaks_off_leaves_nothing(write, folder, tmp_path):
    path = write(tmp_path / "a", [*GOOD, ("noise", os.urandom(3_000))])
    path.write_bytes(path.read_bytes()[:2_000])
    refused(path, folder, "damaged|neither a zip nor a tar")


def test_a_web_page_is_no_archive(folder, tmp_path):
    path = tmp_path / "a.zip"
    path.write_text("<!DOCTYPE html><title>Moved</title>")
    refused(path, folder, "neither a zip nor a tar archive: begins with b'<!DOCTYPE html")


def test_a_file_where_a_folder_is_needed(folder, tmp_path):
    (folder / "set").write_bytes(b"in the way")
    with pytest.raises(ArchiveError, match="cannot be written"):
        unpack(zip_file(tmp_path / "a.zip", GOOD), folder)
    assert not (folder / ".unpacking").exists()
