import pytest

from semdnn.datasets.class_names import CLASS_TEXTS, class_description


@pytest.mark.parametrize(
    ("set_name", "class_name", "text"),
    [
        ("urbansound8k", "children_playing", "children playing"),
        ("urbansound8k", "gun_shot", "gun shot"),
        ("esc50", "hen", "hen"),
        ("esc50", "can_opening", "opening a tin can"),
        ("esc50", "drinking_sipping", "drinking sipping"),
        ("esc50", "clock_alarm", "alarm clock"),
        ("esc50", "clock_tick", "clock tick"),
        ("esc50", "door_wood_knock", "knock on a wooden door"),
        ("fsd50k", "Accelerating_and_revving_and_vroom", "accelerating revving vroom"),
        ("fsd50k", "Male_speech_and_man_speaking", "male speech man speaking"),
        ("fsd50k", "Bird_vocalization_and_bird_call_and_bird_song", "bird vocalization call song"),
        ("fsd50k", "Keyboard_(musical)", "musical keyboard"),
        ("fsd50k", "Zipper_(clothing)", "zipper"),
        ("fsd50k", "Motor_vehicle_(road)", "motor vehicle"),
        ("fsd50k", "Hi-hat", "hi hat"),
        ("msos", "Effects", "effects"),
        ("other", "Wood (creaking)", "wood"),
        ("other", "DogBark", "dog bark"),
        ("other", "(x)", "(x)"),
    ],
)
def test_class_names_in_plain_words(set_name, class_name, text):
    assert class_description(set_name, class_name) == text


def test_every_row_differs_from_the_plain_reading():
    for rows in CLASS_TEXTS.values():
        for class_name, text in rows.items():
            assert text != class_description("no set", class_name)
