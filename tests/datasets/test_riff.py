import struct
from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from semdnn.datasets.riff import decode, ixml_texts, read_riff_text


def chunk(ident, content, order="<"):
    return ident + struct.pack(f"{order}I", len(content)) + content + b"\0" * (len(content) % 2)


def info(**texts):
    parts = (chunk(key.encode(), text.encode() + b"\0") for key, text in texts.items())
    return chunk(b"LIST", b"INFO" + b"".join(parts))


def bext(description):
    return chunk(b"bext", description.encode("latin-1").ljust(602, b"\0"))


def ixml(body):
    return chunk(b"iXML", f"<?xml version='1.0'?><BWFXML>{body}</BWFXML>".encode())


FORMAT = chunk(b"fmt ", struct.pack("<HHIIHH", 1, 1, 16000, 32000, 2, 16))
DATA = chunk(b"data", b"\1\0" * 101)


def wav(tmp_path, *chunks, form=b"RIFF"):
    content = b"WAVE" + b"".join(chunks)
    path = tmp_path / "x.wav"
    path.write_bytes(form + struct.pack("<I", len(content)) + content)
    return path


def test_info_bext_and_ixml(tmp_path):
    path = wav(
        tmp_path,
        FORMAT,
        bext("Heavy door, Türe"),
        DATA,
        info(ICMT="slams shut", INAM="Door", ISFT="Tool 3", IKEY="wood"),
        ixml("<NOTE>castle</NOTE><USER><DESCRIPTION>oak</DESCRIPTION></USER><SCENE>12</SCENE>"),
    )
    texts, has_id3 = read_riff_text(path)
    assert texts == ("Heavy door, Türe", "Door", "slams shut", "wood", "castle", "oak")
    assert not has_id3


def test_rf64_data_of_any_size_is_stepped_over(tmp_path):
    ds64 = chunk(b"ds64", struct.pack("<QQQI", 0, 202, 101, 0))
    data = b"data" + struct.pack("<I", 0xFFFFFFFF) + b"\1\0" * 101
    path = wav(tmp_path, ds64, FORMAT, data, info(INAM="Door"), form=b"RF64")
    assert read_riff_text(path).texts == ("Door",)


def test_aiff_names_and_annotations(tmp_path):
    content = b"AIFF" + chunk(b"NAME", b"Frog", ">") + chunk(b"ANNO", b"pond at night", ">")
    path = tmp_path / "x.aif"
    path.write_bytes(b"FORM" + struct.pack(">I", len(content)) + content)
    assert read_riff_text(path).texts == ("Frog", "pond at night")


def test_an_id3_chunk_is_told(tmp_path):
    assert read_riff_text(wav(tmp_path, FORMAT, chunk(b"id3 ", b"ID3"))).has_id3


@pytest.mark.parametrize("n_bytes", [0, 3, 12, 20, 44, 60, 300, 900])
def test_files_cut_short_keep_what_is_there(tmp_path, n_bytes):
    path = wav(tmp_path, FORMAT, info(INAM="Door"), bext("slam"), DATA)
    path.write_bytes(path.read_bytes()[:n_bytes])
    texts = read_riff_text(path).texts
    assert texts == ("Door", "slam")[: len(texts)]
    assert len(texts) == (0 if n_bytes < 60 else 1 if n_bytes == 60 else 2)


def test_false_lengths_neither_hang_nor_raise(tmp_path):
    huge = (
        b"LIST"
        + struct.pack("<I", 0xFFFFFFF0)
        + b"INFO"
        + b"INAM"
        + struct.pack("<I", 2**31)
        + b"x"
    )
    assert read_riff_text(wav(tmp_path, FORMAT, huge)).texts == ("x",)
    empty = chunk(b"junk", b"") * 50_000
    assert read_riff_text(wav(tmp_path, empty, info(INAM="far"))).texts == ()


@given(st.binary(max_size=200))
def test_any_bytes_are_survived(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("riff") / "x.wav"
    path.write_bytes(b"RIFF\0\0\0\0WAVE" + content)
    read_riff_text(path)


@given(st.binary(max_size=200))
def test_any_bytes_of_ixml_are_survived(content):
    assert isinstance(ixml_texts(content), list)


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), min_size=1, max_size=30))
def test_ixml_text_comes_back(text):
    content = f"<BWFXML><NOTE>{escape(text)}</NOTE></BWFXML>".encode()
    assert ixml_texts(content) == ([text.strip()] if text.strip() else [])


def test_entities_are_never_expanded(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("secret")
    for declaration in (f"<!ENTITY a SYSTEM '{secret.as_uri()}'>", "<!ENTITY a 'boom'>"):
        content = f"<!DOCTYPE x [{declaration}]><BWFXML><NOTE>&a;</NOTE></BWFXML>"
        assert ixml_texts(content.encode()) == []
        assert ixml_texts(content.encode("utf-16")) == []


def test_ixml_before_a_fault_is_kept():
    assert ixml_texts(b"<BWFXML><NOTE>rain</NOTE><NOTE>wind</NOTE><BROKEN") == ["rain", "wind"]


def test_ixml_elements_elsewhere_do_not_count():
    assert ixml_texts(b"<BWFXML><TRACK><NOTE>no</NOTE></TRACK></BWFXML>") == []


@pytest.mark.parametrize(
    ("content", "text"),
    [(b"rain \0\0x", "rain"), ("Tür".encode(), "Tür"), ("Tür".encode("latin-1"), "Tür"), (b"", "")],
)
def test_decode(content, text):
    assert decode(content) == text
