"""Listeners' data as folders, the real folders, and parts of the data."""

import json

import numpy as np
import pytest
from scipy.spatial.distance import squareform

from listeners_files import NAMES, ROWS, SQUARES, refused, write
from semdnn.evaluation.behaviour import (
    Behaviour,
    BehaviourError,
    leave_out_incomplete,
    read_behaviour,
    select_listeners,
    select_stimuli,
)


@pytest.fixture
def folder(tmp_path):
    """A study as in ../shared/behaviour: listeners in another order than the matrix."""
    study = tmp_path / "study"
    (study / "audio").mkdir(parents=True)
    for name in NAMES:
        write(study / "audio" / f"{name}.ogg", "")
    mean = squareform(ROWS.mean(axis=0))
    lines = [",".join(NAMES)] + [",".join(f"{v:.6g}" for v in row) for row in mean]
    write(study / "rdm.csv", "\n".join(lines))
    order = [2, 0, 3, 1]
    moved = np.array([squareform(square[order][:, order]) for square in SQUARES])
    np.savez(study / "subjects.npz", condensed=moved, names=np.array(NAMES)[order])
    write(study / "meta.json", json.dumps({"citation": "nobody"}))
    return study


def test_folders_join_matrix_listeners_audio_and_meta(folder) -> None:
    behaviour = read_behaviour(folder)
    assert behaviour.name == "study"
    assert behaviour.stimuli == NAMES
    np.testing.assert_array_equal(behaviour.listeners, ROWS)
    assert [path.name for path in behaviour.audio] == [f"{name}.ogg" for name in NAMES]
    assert behaviour.meta == {"citation": "nobody"}
    assert not behaviour.is_group_mean


def test_folders_may_hold_the_matrix_alone(folder) -> None:
    (folder / "subjects.npz").unlink()
    (folder / "meta.json").unlink()
    for path in (folder / "audio").iterdir():
        path.unlink()
    (folder / "audio").rmdir()
    behaviour = read_behaviour(folder)
    assert behaviour.is_group_mean
    assert (behaviour.audio, behaviour.meta, behaviour.n_listeners) == ((), {}, 1)


def test_folders_that_contradict_themselves_are_refused(folder) -> None:
    np.savez(folder / "subjects.npz", condensed=-ROWS, names=np.array(NAMES))
    refused(folder, "correlate by -1.00: .* different orders")
    np.savez(folder / "subjects.npz", condensed=ROWS, names=np.array(list("wxyz")))
    refused(folder, "name different stimuli")
    (folder / "subjects.npz").unlink()
    (folder / "audio" / "dog.ogg").unlink()
    with pytest.raises(BehaviourError, match="0 files for stimulus 'dog'"):
        read_behaviour(folder)
    write(folder / "audio" / "dog.ogg", "")
    write(folder / "audio" / "dog.wav", "")
    with pytest.raises(BehaviourError, match="2 files for stimulus 'dog'"):
        read_behaviour(folder)
    (folder / "audio" / "dog.wav").unlink()
    for text, message in (("{", "not JSON"), ("[]", "not a JSON object")):
        write(folder / "meta.json", text)
        with pytest.raises(BehaviourError, match=message):
            read_behaviour(folder)
    (folder / "rdm.csv").unlink()
    refused(folder, "neither rdm.csv .* nor subjects.npz")


def test_real_folders(shared) -> None:
    folders = [path for path in (shared / "behaviour").iterdir() if (path / "rdm.csv").is_file()]
    assert len(folders) > 20
    n_separate = 0
    for path in folders:
        behaviour = read_behaviour(path)
        group = read_behaviour(path / "rdm.csv")
        assert len(behaviour.stimuli) == behaviour.meta.get("n_stimuli", len(behaviour.stimuli))
        assert behaviour.stimuli == group.stimuli
        assert behaviour.is_complete
        np.testing.assert_allclose(
            np.corrcoef(behaviour.mean, group.listeners[0])[0, 1], 1, atol=1e-3
        )
        if not behaviour.is_group_mean:
            n_separate += 1
            assert behaviour.n_listeners == behaviour.meta["n_participants_in_file"]
        if (path / "audio").is_dir():
            assert [file.stem for file in behaviour.audio] == list(behaviour.stimuli)
    assert n_separate > 10


def test_real_tables_of_other_kinds(shared) -> None:
    folder = shared / "behaviour/esc10_confusion_classes"
    counts = read_behaviour(folder / "counts.csv", kind="confusion")
    np.testing.assert_allclose(counts.listeners, read_behaviour(folder).listeners, atol=2e-5)
    morse = shared / "behaviour/morse_rothkopf1957"
    refused(morse / "asymmetric.csv", "'A' and 'B' have 0.96 above and 0.95 below")
    averaged = read_behaviour(morse / "asymmetric.csv", asymmetric="mean")
    np.testing.assert_allclose(averaged.listeners, read_behaviour(morse).listeners, atol=1e-6)


def incomplete():
    rows = ROWS.copy()
    rows[1, 5] = rows[2, 5] = np.nan  # rain–bell
    rows[2, 4] = np.nan  # cat–bell
    return Behaviour("set", NAMES, rows, (4,), ("a", "b", "c"))


def test_missing_judgements_are_left_out_never_filled_in() -> None:
    behaviour = incomplete()
    assert not behaviour.is_complete
    np.testing.assert_allclose(behaviour.mean, [2, 2, 8 / 3, 8 / 3, 5.5, 6])
    listeners = leave_out_incomplete(behaviour)
    assert listeners.listener_names == ("a",)
    np.testing.assert_array_equal(listeners.listeners, ROWS[:1])
    stimuli = leave_out_incomplete(behaviour, "stimuli")
    assert stimuli.stimuli == NAMES[:3]
    np.testing.assert_array_equal(stimuli.listeners, ROWS[:, [0, 1, 3]])
    assert stimuli.is_complete


def test_mean_is_missing_where_nobody_judged() -> None:
    behaviour = Behaviour("set", ("a", "b", "c"), np.array([[1.0, np.nan, 2.0]]), (3,))
    np.testing.assert_array_equal(behaviour.mean, [1, np.nan, 2])


def test_selections_that_leave_nothing_are_refused() -> None:
    behaviour = incomplete()
    with pytest.raises(BehaviourError, match="no listener is left"):
        leave_out_incomplete(select_listeners(behaviour, [1, 2]))
    with pytest.raises(BehaviourError, match="no stimulus 'cow'"):
        select_stimuli(behaviour, ("dog", "cow", "cat"))
    with pytest.raises(BehaviourError, match="fewer than 3 different"):
        select_stimuli(behaviour, ("dog", "dog", "cat"))
    two = Behaviour("sets", tuple("abcdef"), np.ones((1, 6)), (3, 3))
    with pytest.raises(BehaviourError, match="one set at a time"):
        select_stimuli(two, ("a", "b", "c"))
