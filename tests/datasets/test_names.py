import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from semdnn.datasets.names import UCS_CATEGORIES, NameFacts, has_words, read_name, split_words


@pytest.mark.parametrize(
    ("name", "description", "category", "source"),
    [
        ("DOORWood_Heavy Slam Close_JD_LibA.wav", "Heavy Slam Close door", "door wood", "LibA"),
        (
            "x/AMBForst_Birds-Morning 02_XY_Lib_B.wav",
            "Birds Morning ambience",
            "ambience forst",
            "Lib",
        ),
        ("UIClick_Soft Button.wav", "Soft Button user interface", "user interface click", ""),
        ("RAINConc-Gutter_Heavy Rain_AB_None.flac", "Heavy Rain", "rain conc", "None"),
        ("DSGNBram_Dark Boom_AB_Trailer.wav", "Dark Boom", "designed bram", "Trailer"),
        ("QWERTab_Squeaky Thing_AB_LibC.wav", "Squeaky Thing", "qwer tab", "LibC"),
        ("QWERTab_Squeaky Thing.wav", "QWER Tab Squeaky Thing", "", ""),
        ("DOORWood_01_JD_LibA.wav", "door", "door wood", "LibA"),
        ("DOORWood.wav", "DOOR Wood", "", ""),
    ],
)
def test_ucs_names(name, description, category, source):
    assert read_name(name) == NameFacts(description, category, source)


@pytest.mark.parametrize(
    ("name", "description"),
    [
        ("dog_bark-02.wav", "dog bark"),
        ("CamelCaseName01.wav", "Camel Case Name"),
        ("DOGBarking.WAV", "DOG Barking"),
        ("01 - Rain on Tent (take 3).aif", "Rain on Tent"),
        ("01Rain.wav", "Rain"),
        ("thunder_24bit_96kHz_0a3f9c.wav", "thunder"),
        ("Dogs/001.wav", "Dogs"),
        ("Dogs/Track 01.wav", "Dogs"),
        ("Dogs/audio/fold1/7383-3-0-0.wav", "Dogs"),
        ("Farm/ZOOM0001.WAV", "Farm"),
        ("Farm/STE-000.wav", "Farm"),
        ("Farm/take_12.wav", "Farm"),
        ("audio/001.wav", ""),
        ("001.wav", ""),
        ("雨/01.wav", "雨"),
        ("éclairÉtrange.wav", "éclair Étrange"),
    ],
)
def test_plain_names(name, description):
    assert read_name(name) == NameFacts(description)


def test_decomposed_letters_of_macos_stay_together():
    assert split_words(unicodedata.normalize("NFD", "Tür_knarrt")) == ["Tür", "knarrt"]


@given(st.text(max_size=40))
def test_any_name_is_read(name):
    facts = read_name(name)
    assert facts.description == "" or has_words(facts.description)


@pytest.mark.parametrize("code", sorted(UCS_CATEGORIES))
def test_every_known_category_is_recognised(code):
    facts = read_name(f"{code}Thing_Loud Bang_AB_Lib.wav")
    assert facts.category == f"{UCS_CATEGORIES[code]} thing"
