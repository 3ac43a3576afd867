"""Every layout of listeners' data as a CSV file."""

import numpy as np
import pytest

from listeners_files import NAMES, ROWS, SQUARES, refused, write
from semdnn.evaluation.behaviour import (
    read_behaviour,
    select_stimuli,
)


def square_text(delimiter=",", rows=NAMES, corner=None):
    lines = [delimiter.join(([corner] if corner is not None else []) + list(NAMES))]
    for name in rows:
        cells = [f"{v:g}" for v in SQUARES[0][NAMES.index(name)]]
        lines.append(delimiter.join(([name] if corner is not None else []) + cells))
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize(
    "text",
    [
        square_text(),
        square_text(";"),
        square_text("\t", corner=""),
        square_text(corner="stimulus"),
        square_text(corner="", rows=NAMES[::-1]),
        "\ufeff" + square_text(),
    ],
)
def test_square_tables(tmp_path, text) -> None:
    behaviour = read_behaviour(write(tmp_path / "one.csv", text))
    assert behaviour.name == "one"
    assert behaviour.stimuli == NAMES
    assert behaviour.set_sizes == (4,)
    np.testing.assert_array_equal(behaviour.listeners, ROWS[:1])


def test_numbers_may_be_names_of_stimuli(tmp_path) -> None:
    text = "3,1,2\n0,1,2\n1,0,3\n2,3,0\n"
    behaviour = read_behaviour(write(tmp_path / "one.csv", text))
    assert behaviour.stimuli == ("3", "1", "2")
    np.testing.assert_array_equal(behaviour.listeners, [[1, 2, 3]])
    text = ",1,2,3\n1,0,1,2\n2,1,0,3\n3,2,3,0\n"
    behaviour = read_behaviour(write(tmp_path / "two.csv", text))
    assert behaviour.stimuli == ("1", "2", "3")


def test_table_of_pairs_in_any_order(tmp_path) -> None:
    text = "stimulus_1,stimulus_2,Ann,Bob\nb,a,1,2\nc,b,5,NA\na,c,3,\n"
    behaviour = read_behaviour(write(tmp_path / "pairs.csv", text))
    assert behaviour.stimuli == ("b", "a", "c")
    assert behaviour.listener_names == ("Ann", "Bob")
    np.testing.assert_array_equal(behaviour.listeners, [[1, 5, 3], [2, np.nan, np.nan]])
    ordered = select_stimuli(behaviour, ("a", "b", "c"))
    np.testing.assert_array_equal(ordered.listeners, [[1, 3, 5], [2, np.nan, np.nan]])


def test_table_of_listeners_and_pairs(tmp_path) -> None:
    text = (
        "participant,first,second,rating\n"
        "x,a,b,1\nx,a,c,2\nx,b,c,7\nx,a,d,1\nx,b,d,1\nx,c,d,1\ny,c,b,3\n"
    )
    path = write(tmp_path / "long.csv", text)
    behaviour = read_behaviour(path, kind="similarity")
    assert behaviour.stimuli == ("a", "b", "c", "d")
    assert behaviour.listener_names == ("x", "y")
    nan = np.nan
    expected = [[6, 5, 6, 0, 6, 6], [nan, nan, nan, 4, nan, nan]]
    np.testing.assert_array_equal(behaviour.listeners, expected)


@pytest.mark.parametrize("header", ["", "s1,s2,s3\n"])
def test_pairs_by_listeners_without_stimuli(tmp_path, header) -> None:
    lines = "\n".join(",".join(f"{v:g}" for v in column) for column in ROWS.T)
    behaviour = read_behaviour(write(tmp_path / "numbers.csv", header + lines + "\n"))
    np.testing.assert_array_equal(behaviour.listeners, ROWS)
    assert behaviour.stimuli == ("1", "2", "3", "4")
    assert behaviour.listener_names == (("s1", "s2", "s3") if header else ())
    named = read_behaviour(tmp_path / "numbers.csv", stimuli=NAMES)
    assert named.stimuli == NAMES


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "empty table"),
        ("a,b,c\n0,1,2\n1,0\n2,3,0\n", "row 3 has 2 cells and the first has 3"),
        ("a,b,c\n0,1,2\n1,0,much\n2,3,0\n", r"row 3, column 3 \('c'\): 'much' is not a number"),
        ("a,b,a\n0,1,2\n1,0,3\n2,3,0\n", "name 'a' is empty or occurs twice"),
        ("a,b,c\n0,1,2\n1,0,3\n2,9,0\n", "'b' and 'c' have 3 above and 9 below"),
        (",a,b,c\na,0,1,2\nb,1,0,3\nx,2,3,0\n", "names a row or a column, but not both"),
        ("first,second,v\na,b,1\nb,a,2\nc,a,1\n", "row 3 has a pair for the second time"),
        ("first,second,v\na,a,1\n", "row 2 has a stimulus with itself"),
        ("listener,first,second,v,w\nx,a,b,1,2\n", "2 columns of values"),
        (
            "first,second,v\na,b,NA\na,c,\nb,c,nan\n",
            "listener 'v' has no judgement at all: nor has any other",
        ),
        ("p,q\n1,2\n3,4\n5,6\n7,8\n", "no axis is a number of pairs"),
        ("a,b,c\n0,inf,2\ninf,0,3\n2,3,0\n", "infinite values"),
    ],
)
def test_bad_tables_are_told_with_their_place(tmp_path, text, message) -> None:
    refused(write(tmp_path / "bad.csv", text), message)


NAMED = ",a,b,c\na,0,1,2\nb,1,0,3\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("first,second,v,w\na,b,1,2\n\n  \na,c,hello,3\n", r"row 5, column 3 \('v'\): 'hello'"),
        ("v,first,w,second\n1,a,2,b\n1,a,x,c\n", r"row 3, column 3 \('w'\): 'x' is not"),
        ("first,second,v\n\na,b,1\n\na,b,2\n", "row 5 has a pair for the second time"),
        ("a,b,c\n\n0,1,2\n1,0\n2,3,0\n", "row 4 has 2 cells"),
        (",a,b,c\na,0,1,2\nb,1,0,x\nc,2,3,0\n", r"row 3, column 4 \('c'\): 'x' is not"),
        ("0,1\n1,x\n2,3\n", r"row 2, column 2: 'x' is not"),
        ('first,second,"a\nb"\na,b,1\nb,c,x\n', "row 4, column 3"),
        (NAMED, "3 names, 2 rows: a matrix has a row for every name"),
        (NAMED + "c,2,3,0\nd,1,1,1\n", "3 names, 4 rows"),
        (NAMED + "c,2,3,0\na,1,1,1\n", "3 names, 4 rows"),
    ],
)
def test_places_are_those_of_the_file(tmp_path, text, message) -> None:
    refused(write(tmp_path / "bad.csv", text), message)


def german(text, delimiter):
    return text.replace(",", delimiter).replace(".", ",")


@pytest.mark.parametrize("delimiter", [";", "\t"])
@pytest.mark.parametrize(
    "text",
    [
        "first,second,v,w\na,b,0.25,1\na,c,-1.5e-1,NA\nb,c,.5,2.125\n",
        ",a,b,c\na,0,0.25,1.5\nb,0.25,0,3\nc,1.5,3,0\n",
        "a,b,c\n0,0.25,1.5\n0.25,0,3\n1.5,3,0\n",
        "v,w\n0.25,1.5\n0.5,2.5\n0.75,3\n",
        "0.25,1.5\n0.5,2.5\n0.75,3.125\n",
    ],
)
def test_decimal_commas_are_those_of_points(tmp_path, text, delimiter) -> None:
    ours = read_behaviour(write(tmp_path / "points.csv", text))
    theirs = read_behaviour(write(tmp_path / "commas.csv", german(text, delimiter)))
    np.testing.assert_array_equal(theirs.listeners, ours.listeners)
    assert (theirs.stimuli, theirs.listener_names) == (ours.stimuli, ours.listener_names)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("first;second;v\na;b;0,5\na;c;0.5\n", r"row 3, column 3 \('v'\): '0.5' .*decimal comma"),
        ("first;second;v\na;b;0,5\na;c;1.234,5\n", "'1.234,5' is not a number"),
        ("first;second;v\na;b;1,250\na;c;950\n", "'1,250' may have a decimal comma .* '950'"),
        ('first,second,v\na,b,"0,5"\n', r"'0,5' has a decimal comma, .* semicolons or tabs"),
    ],
)
def test_decimal_commas_that_may_mean_two_things_are_refused(tmp_path, text, message) -> None:
    refused(write(tmp_path / "bad.csv", text), message)


def test_semicolons_in_names_separate_nothing(tmp_path) -> None:
    text = "first,second,loud; soft\na;1,b;2,1\na;1,c,2\nb;2,c,3\n"
    behaviour = read_behaviour(write(tmp_path / "names.csv", text))
    assert behaviour.stimuli == ("a;1", "b;2", "c")
    assert behaviour.listener_names == ("loud; soft",)


def test_tables_in_another_encoding_are_refused(tmp_path) -> None:
    (tmp_path / "latin.csv").write_bytes("é,b,c\n".encode("latin-1"))
    refused(tmp_path / "latin.csv", "not UTF-8")


def test_one_listeners_tree_in_a_table(tmp_path) -> None:
    expected = [1, 3, 3, 3, 3, 2]
    steps = "1,1,2,3\n1,1,2,2\n1,1,1,1\n"
    for text in (steps, "dog,cat,rain,bell\n" + steps, "dog,cat,rain,bell\n1,2,3,4\n" + steps):
        behaviour = read_behaviour(write(tmp_path / "steps.csv", text), kind="partitions")
        first = min(behaviour.listeners[0])
        np.testing.assert_array_equal(behaviour.listeners[0], np.array(expected) + first - 1)
        assert behaviour.stimuli == (NAMES if "dog" in text else ("1", "2", "3", "4"))
    merges = "0,1,1\n2,3,2\n4,5,3\n"
    for text in (merges, "one,other,height\n" + merges):
        behaviour = read_behaviour(write(tmp_path / "tree.csv", text), kind="merges")
        np.testing.assert_array_equal(behaviour.listeners, [expected])
