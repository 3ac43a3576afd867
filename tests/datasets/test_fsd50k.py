"""FSD50K's folders in miniature, with label sets of the true form."""

import csv
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from semdnn.datasets import fsd50k
from semdnn.datasets.labelled import LabelledSetError
from semdnn.datasets.registry import read_external
from semdnn.datasets.table import Rejected, Sound

GUITAR = "Electric_guitar,Guitar,Plucked_string_instrument,Musical_instrument,Music"
BELL = "Bicycle_bell,Alarm,Bicycle,Vehicle,Bell"
DEV = [
    *((f"{i}", GUITAR, "train") for i in range(5)),
    *((f"{i}", "Guitar,Plucked_string_instrument,Musical_instrument,Music", "val") for i in (5, 6)),
    *(
        (f"{i}", "Bass_guitar,Guitar,Plucked_string_instrument,Musical_instrument,Music", "train")
        for i in range(7, 12)
    ),
    *(
        (f"{i}", "Harp,Plucked_string_instrument,Musical_instrument,Music", "train")
        for i in range(12, 17)
    ),
    *((f"{i}", "Piano,Musical_instrument,Music", "train") for i in range(17, 22)),
    *((f"{i}", "Music", "val") for i in range(22, 25)),
    *((f"{i}", BELL, "train") for i in range(25, 30)),
    *(
        (f"{i}", label, "train")
        for i, label in enumerate(["Alarm", "Bicycle,Vehicle", "Vehicle", "Bell"], start=30)
    ),
]
EVAL = [
    ("37199", GUITAR),
    (
        "1399",
        "Electric_guitar,Bass_guitar,Guitar,Plucked_string_instrument,Musical_instrument,Music",
    ),
    ("99", BELL),
    ("100", "Rain"),
    ("101", "Piano,Rain,Musical_instrument,Music"),
]
INFO = {
    "37199": {"license": "http://creativecommons.org/licenses/by-nc/3.0/"},
    "1399": {"license": "http://creativecommons.org/publicdomain/zero/1.0/"},
    "99": {"license": "http://creativecommons.org/licenses/by/3.0/"},
    "100": {"license": "http://creativecommons.org/licenses/sampling+/1.0/"},
    "101": {"license": "ask the author"},
}


def write_csv(path, header, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as out:
        csv.writer(out).writerows([header, *rows])


@pytest.fixture
def miniature(tmp_path):
    truth = tmp_path / "FSD50K.ground_truth"
    dev = [(name, labels, "/m/0", split) for name, labels, split in DEV]
    write_csv(truth / "dev.csv", ["fname", "labels", "mids", "split"], dev)
    write_csv(truth / "eval.csv", ["fname", "labels", "mids"], [(*row, "/m/0") for row in EVAL])
    (truth / "vocabulary.csv").write_text("0,Bell,/m/0395lw\n1,Music,/m/04rlf\n")
    info = tmp_path / "FSD50K.metadata" / "eval_clips_info_FSD50K.json"
    info.parent.mkdir()
    info.write_text(json.dumps(INFO))
    for part, rows in (("dev", DEV), ("eval", EVAL)):
        for name, *_ in rows:
            path = tmp_path / f"FSD50K.{part}_audio" / f"{name}.wav"
            path.parent.mkdir(exist_ok=True)
            path.touch()
    return tmp_path


def by_clip(table):
    return {sound.path.stem: sound for sound in table.sounds}


def test_official_layout_gives_the_evaluation_clips(miniature):
    table = fsd50k.read(miniature)
    assert table.rejected == ()
    assert by_clip(table)["37199"] == Sound(
        name="FSD50K.eval_audio/37199.wav",
        path=miniature / "FSD50K.eval_audio" / "37199.wav",
        description="electric guitar; guitar; plucked string instrument; musical instrument; music",
        category="Electric_guitar",
        source="fsd50k",
        licence="CC BY-NC 3.0",
        recording="freesound:37199",
        split="eval",
    )
    assert len(table) == 5


def test_the_most_specific_labels(miniature):
    sounds = by_clip(fsd50k.read(miniature, labels="specific"))
    assert {name: sound.category for name, sound in sounds.items()} == {
        "37199": "Electric_guitar",
        "1399": "Electric_guitar,Bass_guitar",
        "99": "Bicycle_bell",
        "100": "Rain",
        "101": "Piano,Rain",
    }
    assert sounds["1399"].description == "electric guitar; bass guitar"


def test_the_clips_for_development(miniature):
    table = read_external("fsd50k-dev", miniature)
    assert len(table) == len(DEV)
    assert {sound.split for sound in table.sounds} == {"train", "val"}
    assert {sound.licence for sound in table.sounds} == {fsd50k.FSD50K.licence}
    assert any("licence of each clip is not known" in note for note in table.notes)
    specific = by_clip(read_external("fsd50k-dev-specific", miniature))
    assert specific["12"].description == "harp"
    assert specific["5"].category == "Guitar"


def test_all_labels_by_recording(miniature):
    labels = fsd50k.read_labels(miniature)
    assert labels["freesound:101"] == ("Piano", "Rain", "Musical_instrument", "Music")
    assert labels.keys() == {sound.recording for sound in fsd50k.read(miniature).sounds}


def test_licences_in_short(miniature):
    licences = {name: sound.licence for name, sound in by_clip(fsd50k.read(miniature)).items()}
    assert licences == {
        "37199": "CC BY-NC 3.0",
        "1399": "CC0 1.0",
        "99": "CC BY 3.0",
        "100": "CC Sampling+ 1.0",
        "101": "ask the author",
    }


def test_what_is_missing_or_not_in_the_table_is_listed(miniature):
    (miniature / "FSD50K.eval_audio" / "99.wav").unlink()
    (miniature / "FSD50K.eval_audio" / "7.wav").touch()
    assert fsd50k.read(miniature).rejected == (
        Rejected("99", "no such clip in FSD50K.eval_audio"),
        Rejected("FSD50K.eval_audio/7.wav", "not in the table"),
    )


def test_copies_in_another_format_are_found(miniature):
    (miniature / "FSD50K.eval_audio" / "99.wav").rename(miniature / "FSD50K.eval_audio" / "99.ogg")
    assert by_clip(fsd50k.read(miniature))["99"].name == "FSD50K.eval_audio/99.ogg"


def test_an_incomplete_ground_truth_is_noted(miniature):
    (note,) = fsd50k.read(miniature).notes
    assert note.startswith(f"the hierarchy of labels was found in {len(DEV) + len(EVAL)} clips: 8 ")


def test_tables_and_metadata_that_are_others(miniature):
    (miniature / "FSD50K.metadata" / "eval_clips_info_FSD50K.json").write_text('{"99": []}')
    with pytest.raises(LabelledSetError, match="not FSD50K's clips by name with a 'license'"):
        fsd50k.read(miniature)
    (miniature / "FSD50K.ground_truth" / "eval.csv").write_text("file,label\n1,Rain\n")
    with pytest.raises(LabelledSetError, match="no column 'fname'"):
        fsd50k.read(miniature)


def test_missing_audio_is_told(miniature):
    (miniature / "FSD50K.eval_audio").rename(miniature / "eval")
    with pytest.raises(LabelledSetError, match=r"FSD50K\.eval_audio: no such folder"):
        fsd50k.read(miniature)


def test_rows_without_labels_and_second_rows_are_listed(miniature):
    rows = [*EVAL, ("99", "Rain"), ("8", "")]
    path = miniature / "FSD50K.ground_truth" / "eval.csv"
    write_csv(path, ["fname", "labels", "mids"], [(*row, "") for row in rows])
    assert fsd50k.read(miniature).rejected == (
        Rejected("8", "row 8: no clip or no label"),
        Rejected("99", "row 7: no clip or no label"),
    )


PARENTS = {
    "dog": ("pet",),
    "cat": ("pet",),
    "pet": ("animal",),
    "animal": (),
    "rain": ("water",),
    "water": (),
    "bell": ("alarm", "vehicle"),
    "alarm": (),
    "vehicle": (),
    "fire": (),
}


def ancestors(label):
    return frozenset(PARENTS[label]).union(*(ancestors(parent) for parent in PARENTS[label]))


def test_the_hierarchy_that_smeared_the_labels_is_found():
    rng = np.random.default_rng(0)
    label_sets = []
    for _ in range(500):
        drawn = rng.choice(list(PARENTS), size=rng.integers(1, 4), replace=False)
        label_sets.append({label for own in drawn for label in {own, *ancestors(own)}})
    assert fsd50k.find_hierarchy(label_sets) == {label: ancestors(label) for label in PARENTS}


def test_few_clips_show_no_hierarchy():
    assert fsd50k.find_hierarchy([["Dog", "Animal"]] * 4 + [["Animal"]])["Dog"] == frozenset()
    assert fsd50k.find_hierarchy([["Dog", "Animal"]] * 9)["Dog"] == frozenset()


@settings(max_examples=50, deadline=None)
@given(st.lists(st.sampled_from(sorted(PARENTS)), min_size=1, max_size=6, unique=True))
def test_most_specific_labels_bring_all_others_back(drawn):
    above = {label: ancestors(label) for label in PARENTS}
    labels = sorted({label for own in drawn for label in {own, *ancestors(own)}})
    specific = fsd50k.most_specific(labels, above)
    assert sorted({label for own in specific for label in {own, *ancestors(own)}}) == labels
    assert not any(other in ancestors(label) for label in specific for other in specific)
