"""A run that ends anywhere goes on, and refuses what does not belong to it."""

from pathlib import Path

import pytest

from semdnn.catalogue.label_journal import JournalError, journal_beside
from semdnn.catalogue.labelling import Labelled
from semdnn.catalogue.timeline import Segment
from semdnn.model import Word

SOUNDS = [Path(f"{i}.wav") for i in range(5)] + [Path("\udcff.wav")]
ITEMS = [
    Labelled(SOUNDS[0], 0.1 + 0.2, (Word("dög", 1 / 3), Word("a b", 1e-17))),
    Labelled(SOUNDS[1], 2.0, (), "", (Segment(0.24, 1 / 7, "dog", 0.1),)),
    Labelled(SOUNDS[2], 0.0, (), "line\nbreak \udcff"),
    *(Labelled(path, 1.0, ()) for path in SOUNDS[3:]),
]
MARK = {"model": "m", "option top": "5"}


def fill(output, items, mark=MARK):
    with journal_beside(output, mark, SOUNDS, multiple=1) as journal:
        for item in items[journal.n_done :]:
            journal.add(item)
        return list(journal.records())


def test_records_come_back_to_the_last_digit(tmp_path):
    assert fill(tmp_path / "out.csv", ITEMS) == ITEMS


def test_cut_at_any_byte_it_goes_on_to_the_same_records(tmp_path):
    journal = tmp_path / "out.csv.unfinished"
    fill(tmp_path / "out.csv", ITEMS)
    whole = journal.read_bytes()
    for size in range(len(whole)):
        journal.write_bytes(whole[:size])
        assert fill(tmp_path / "out.csv", ITEMS) == ITEMS
        assert journal.read_bytes() == whole


def test_bytes_lost_by_the_disk_end_the_records(tmp_path):
    journal = tmp_path / "out.csv.unfinished"
    fill(tmp_path / "out.csv", ITEMS[:4])
    whole = journal.read_bytes()
    journal.write_bytes(whole[:-30] + bytes(29) + b"\n")
    assert fill(tmp_path / "out.csv", ITEMS) == ITEMS


@pytest.mark.parametrize(("n", "kept"), [(0, 0), (3, 0), (4, 4), (5, 4), (6, 6)])
def test_it_goes_on_from_whole_groups_or_the_end(tmp_path, n, kept):
    fill(tmp_path / "out.csv", ITEMS[:n])
    with journal_beside(tmp_path / "out.csv", MARK, SOUNDS, multiple=4) as journal:
        assert journal.n_done == kept
        assert list(journal.records()) == ITEMS[:kept]


@pytest.mark.parametrize(
    ("mark", "named"),
    [
        ({**MARK, "model": "n"}, "another model;"),
        ({"model": "n", "option top": "6"}, "model and option top"),
    ],
)
def test_another_model_or_option_is_refused_and_changes_nothing(tmp_path, mark, named):
    fill(tmp_path / "out.csv", ITEMS[:2])
    before = (tmp_path / "out.csv.unfinished").read_bytes()
    with pytest.raises(JournalError, match=named):
        fill(tmp_path / "out.csv", ITEMS, mark)
    assert (tmp_path / "out.csv.unfinished").read_bytes() == before


def test_a_file_of_someone_else_is_left_alone(tmp_path):
    (tmp_path / "out.csv.unfinished").write_text("my notes")
    with pytest.raises(JournalError, match="remove this file"):
        fill(tmp_path / "out.csv", ITEMS)
    assert (tmp_path / "out.csv.unfinished").read_text() == "my notes"


def test_two_commands_at_once_are_refused(tmp_path):
    with (
        journal_beside(tmp_path / "out.csv", MARK, SOUNDS, multiple=1),
        pytest.raises(JournalError, match="another command"),
    ):
        fill(tmp_path / "out.csv", ITEMS)
