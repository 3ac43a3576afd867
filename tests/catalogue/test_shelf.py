"""A shelf's codes: made by the second search, of whatever state, and never waited for."""

import threading

import numpy as np
import pytest

from semdnn.catalogue import shelf as module
from semdnn.catalogue.nearest import nearest
from semdnn.catalogue.shelf import Shelf, Shelves


def shelf_of(vectors):
    rows = np.arange(len(vectors))
    return Shelf(vectors, rows, rows + 1)


@pytest.fixture
def vectors():
    made = np.random.default_rng(0).standard_normal((700, 48)).astype(np.float32)
    return made / np.linalg.norm(made, axis=1, keepdims=True)


@pytest.fixture
def shelves(tmp_path, monkeypatch):
    """Shelves for which 500 sounds are many, coded 100 at a time, with a kernel or not."""
    monkeypatch.setattr(module, "MANY_SOUNDS", 500)
    monkeypatch.setattr(module, "_CODED_ROWS", 100)
    return Shelves(tmp_path / "catalogue.db")


@pytest.fixture
def given(monkeypatch):
    """How many codes each search was given."""
    numbers = []

    def noted(vectors, query, n, *, allowed, codes):
        numbers.append(0 if codes is None else len(codes.codes))
        return nearest(vectors, query, n, allowed=allowed, codes=codes)

    monkeypatch.setattr(module, "nearest", noted)
    monkeypatch.setattr(module, "has_code_kernel", lambda n_dims: True)
    return numbers


def test_codes_follow_the_shelf(shelves, vectors, given):
    for n in (600, 600, 700, 550, 700):
        shelves._shelf = shelf_of(vectors[:n])
        found = shelves.nearest(shelves._shelf, vectors[7], 5, None)
        np.testing.assert_array_equal(found.rows, nearest(vectors[:n], vectors[7], 5).rows)
    assert given == [0, 600, 700, 550, 700]


def test_few_sounds_and_former_states_do_without_codes(shelves, vectors, given):
    former = shelf_of(vectors[:600])
    for shelf in (former, former, shelf_of(vectors[:499])):
        shelves.nearest(shelf, vectors[7], 5, None)
    assert given == [0, 0, 0]


def test_a_search_does_not_wait_for_the_codes_of_another(shelves, vectors, given, monkeypatch):
    shelf = shelves._shelf = shelf_of(vectors)
    shelves.nearest(shelf, vectors[7], 5, None)
    begun, go_on, encode = threading.Event(), threading.Event(), module.encode

    def slow(part):
        begun.set()
        assert go_on.wait(60)
        return encode(part)

    monkeypatch.setattr(module, "encode", slow)
    maker = threading.Thread(target=shelves.nearest, args=(shelf, vectors[8], 5, None))
    maker.start()
    assert begun.wait(60)
    found = shelves.nearest(shelf, vectors[9], 5, None)
    np.testing.assert_array_equal(found.rows, nearest(vectors, vectors[9], 5).rows)
    go_on.set()
    maker.join(60)
    assert given == [0, 0, 700]
