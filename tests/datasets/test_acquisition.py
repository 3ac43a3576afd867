"""Whole sets brought into a folder from a server on this machine."""

import hashlib
import io
import json
import os
import tarfile
import zipfile
from dataclasses import replace

import pytest

from semdnn.datasets.acquisition import AcquisitionError, Origin, acquire, plan
from semdnn.datasets.archives import ArchiveError, Limits
from semdnn.datasets.esc50 import ESC50
from semdnn.datasets.msos import MSOS
from semdnn.datasets.published import Archive, RemoteError, RemoteFile
from semdnn.datasets.registry import read_external
from semdnn.datasets.remote import Patience

QUICK = Patience(n_tries=2, pause_s=0.0, timeout_s=5.0)
PUBLISHED, USUAL = Origin(), Limits()
TABLE = b"filename,fold,target,category\n1-100032-A-0.wav,1,0,dog\n"
ESC50_FILES = {
    "ESC-50-main/meta/esc50.csv": TABLE,
    "ESC-50-main/audio/1-100032-A-0.wav": b"",
    "ESC-50-main/README.md": b"read me",
}


def zip_bytes(contents):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in contents.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def tar_bytes(contents):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, content in contents.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def published(site, name, content, *script):
    checksum = f"md5:{hashlib.md5(content).hexdigest()}"
    return RemoteFile(name, site.add(name, content, *script), len(content), checksum)


def bring(facts, folder, *parts, origin=PUBLISHED, limits=USUAL):
    tasks = plan(facts, folder, parts, origin)
    for task in tasks:
        acquire(task, facts, folder, patience=QUICK, limits=limits)
    return tasks


def listed(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def facts(site):
    file = published(site, "esc.zip", zip_bytes(ESC50_FILES))
    return replace(ESC50, archives=(Archive((file,), strip_root=True),))


@pytest.mark.parametrize("pack", [zip_bytes, tar_bytes])
def test_a_set_is_fetched_unpacked_and_readable(pack, site, facts, tmp_path):
    file = published(site, "esc.archive", pack(ESC50_FILES))
    facts = replace(facts, archives=(Archive((file,), strip_root=True),))
    bring(facts, tmp_path / "esc50")
    (sound,) = read_external("esc50", tmp_path / "esc50").sounds
    assert sound.category == "dog"
    assert listed(tmp_path / "esc50") == [".semdnn-set.json", "README.md", "audio", "meta"]


def test_what_is_done_is_not_done_again(site, facts, tmp_path):
    bring(facts, tmp_path)
    assert bring(facts, tmp_path) == ()
    assert len(site.requests) == 1


def test_a_second_run_goes_on(site, facts, tmp_path):
    site.scripts["esc.zip"] = ["drop 100", "drop 0"]
    with pytest.raises(RemoteError, match="the same command goes on"):
        bring(facts, tmp_path)
    bring(facts, tmp_path)
    assert site.requests[-1].range == "bytes=100-"
    assert (tmp_path / "README.md").read_bytes() == b"read me"


@pytest.mark.parametrize("is_named", ["all", "last"])
def test_a_split_archive_at_hand(is_named, facts, split_zip, write_parts, tmp_path):
    contents = {"FSD50K.eval_audio/1.wav": os.urandom(500), "FSD50K.eval_audio/2.wav": b"two"}
    parts = split_zip(zip_bytes(contents), 400)
    last = write_parts(tmp_path, parts, "eval")
    names = [*(f"eval.z{i:02d}" for i in range(1, len(parts))), "eval.zip"]
    files = tuple(RemoteFile(name, "") for name in names)
    facts = replace(facts, archives=(Archive(files),))
    at_hand = tuple(tmp_path / name for name in names) if is_named == "all" else (last,)
    (task,) = bring(facts, tmp_path / "set", origin=Origin(files=at_hand))
    assert task.to_fetch == ()
    assert (tmp_path / "set" / "FSD50K.eval_audio" / "2.wav").read_bytes() == b"two"
    assert all((tmp_path / name).is_file() for name in names)


def test_a_split_archive_is_fetched_part_by_part(site, facts, split_zip, tmp_path):
    content = os.urandom(2_000)
    parts = split_zip(zip_bytes({"audio/1.wav": content}), 1_000)
    names = [*(f"a.z{i:02d}" for i in range(1, len(parts))), "a.zip"]
    files = tuple(published(site, *pair) for pair in zip(names, parts, strict=True))
    bring(replace(facts, archives=(Archive(files),)), tmp_path)
    assert len(files) == 3
    assert (tmp_path / "audio" / "1.wav").read_bytes() == content
    assert listed(tmp_path) == [".semdnn-set.json", "audio"]


def test_only_the_parts_asked_for(site, facts, tmp_path):
    rows = [("labels", ""), ("eval", "eval"), ("dev", "dev")]
    archives = tuple(
        Archive((published(site, f"{n}.zip", zip_bytes({f"{n}.txt": b"x"})),), part=part)
        for n, part in rows
    )
    facts = replace(facts, archives=archives)
    assert facts.parts == ("eval", "dev")
    bring(facts, tmp_path)
    assert listed(tmp_path) == [".semdnn-set.json", "eval.txt", "labels.txt"]
    bring(facts, tmp_path, "dev")
    assert (tmp_path / "dev.txt").exists()
    assert [seen.path for seen in site.requests] == ["labels.zip", "eval.zip", "dev.zip"]
    with pytest.raises(AcquisitionError, match=r"no part 'test' \(eval, dev\)"):
        plan(facts, tmp_path, ["test"])


def test_a_file_at_hand_is_checked_and_kept(site, facts, tmp_path):
    given = tmp_path / "master.zip"
    given.write_bytes(site.files["esc.zip"])
    bring(facts, tmp_path / "set", origin=Origin(files=(given,)))
    assert site.requests == []
    assert given.is_file()
    assert (tmp_path / "set" / "README.md").is_file()


def test_another_file_at_hand_is_taken_only_unchecked(facts, tmp_path):
    given = tmp_path / "master.zip"
    given.write_bytes(zip_bytes(ESC50_FILES | {"ESC-50-main/more": b"x"}))
    with pytest.raises(AcquisitionError, match=r"but the published esc\.zip has .* --unchecked"):
        bring(facts, tmp_path / "set", origin=Origin(files=(given,)))
    bring(facts, tmp_path / "set", origin=Origin(files=(given,), is_checked=False))
    assert (tmp_path / "set" / "more").is_file()


def test_files_that_are_not_of_the_set_are_refused(facts, tmp_path):
    given = (tmp_path / "a.zip", tmp_path / "b.zip")
    with pytest.raises(AcquisitionError, match=r"a\.zip: none of the files of ESC-50 .*: esc\.zip"):
        plan(facts, tmp_path, origin=Origin(files=given))


def test_another_address(site, facts, tmp_path):
    content = site.files.pop("esc.zip")
    with pytest.raises(RemoteError, match=r"404.*look for it at https://github\.com/karolpiczak"):
        bring(facts, tmp_path)
    bring(facts, tmp_path / "1", origin=Origin(site.add("new/place", content)))
    site.add("mirror/esc.zip", content)
    bring(facts, tmp_path / "2", origin=Origin(site.url("mirror/")))
    assert (tmp_path / "1" / "README.md").is_file()
    assert (tmp_path / "2" / "README.md").is_file()


def test_one_address_for_several_files_is_refused(facts, tmp_path):
    files = (RemoteFile("a.z01", "http://x/a.z01"), RemoteFile("a.zip", "http://x/a.zip"))
    with pytest.raises(AcquisitionError, match="one address for 2 files"):
        plan(replace(facts, archives=(Archive(files),)), tmp_path, (), Origin("http://y/a.zip"))


def test_a_wrong_checksum_leaves_nothing(site, facts, tmp_path):
    content = bytearray(site.files["esc.zip"])
    content[40] ^= 1
    site.files["esc.zip"] = bytes(content)
    with pytest.raises(RemoteError, match=r"not that file; removed, look for it at"):
        bring(facts, tmp_path)
    assert listed(tmp_path) == [".archives"]
    assert listed(tmp_path / ".archives") == []


@pytest.mark.parametrize(
    ("contents", "message"),
    [
        ({"../evil": b"x"}, "leads out of the folder"),
        ({"zeros": bytes(1 << 20)}, "zip bomb"),
    ],
)
@pytest.mark.parametrize("pack", [zip_bytes, tar_bytes])
def test_hostile_archives_leave_nothing(pack, contents, message, site, facts, tmp_path):
    file = published(site, "evil", pack(ESC50_FILES | contents))
    facts = replace(facts, archives=(Archive((file,)),))
    with pytest.raises(ArchiveError, match=message):
        bring(facts, tmp_path / "set", limits=Limits(free_bytes=1_000))
    assert listed(tmp_path / "set") == [".archives"]
    assert not (tmp_path / "evil").exists()


def test_a_folder_of_another_set_is_refused(facts, tmp_path):
    bring(facts, tmp_path)
    with pytest.raises(AcquisitionError, match="holds 'esc50' already"):
        plan(replace(facts, name="other"), tmp_path)
    (tmp_path / ".semdnn-set.json").write_text("{}")
    with pytest.raises(AcquisitionError, match="cannot be read"):
        plan(facts, tmp_path)


def test_a_set_may_come_by_hand(site, tmp_path):
    development = tmp_path / "development.zip"
    development.write_bytes(zip_bytes({"MSoS/Development/Effects/1.wav": b""}))
    labels = tmp_path / "Logsheet_EvaluationMaster.csv"
    labels.write_text("Category,Event,File\nUrban,Siren,9.wav\n")
    bring(MSOS, tmp_path / "msos", origin=Origin(files=(development, labels)))
    url = site.add("evaluation.zip", zip_bytes({"Evaluation/9.wav": b""}))
    bring(MSOS, tmp_path / "msos", origin=Origin(url))
    table = read_external("msos", tmp_path / "msos")
    assert [(s.category, s.description) for s in table.sounds] == [
        ("Urban", "siren"),
        ("Effects", "effects"),
    ]


def test_a_set_comes_as_its_repository_lists_it(site, tmp_path):
    contents = {
        "Development.zip": zip_bytes({"Development/Effects/1.wav": b""}),
        "Evaluation.zip": zip_bytes({"Evaluation/9.wav": b""}),
        "Logsheet_EvaluationMaster.csv": b"Category,Event,File\nUrban,Siren,9.wav\n",
    }
    files = [published(site, name, content) for name, content in contents.items()]
    entries = [
        {"name": f.name, "size": f.size, "download_url": f.url, "computed_md5": f.checksum[4:]}
        for f in files
    ]
    facts = replace(MSOS, listing=site.add("files", json.dumps(entries).encode()))
    bring(facts, tmp_path / "msos")
    assert len(read_external("msos", tmp_path / "msos")) == 2
    assert bring(facts, tmp_path / "msos") == ()
