"""How the class names of published sets become descriptive text.

The plain reading takes ``dog_bark`` or ``Accelerating_and_revving_and_vroom`` apart into lower-case
words, drops "and" and parentheses, and says no word twice. Where that misleads, the set's own
mapping says what is meant; every row of `CLASS_TEXTS` is a decision with its reason beside it.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType

from semdnn.datasets.names import split_words

CLASS_TEXTS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "esc50": MappingProxyType(
            {
                # "can" would be read as the verb
                "can_opening": "opening a tin can",
                # a clock that rings, as the set's documentation shows it beside "clock tick"
                "clock_alarm": "alarm clock",
                # "wood" is what the doors are made of, not a second source
                "door_wood_creaks": "creaking wooden door",
                "door_wood_knock": "knock on a wooden door",
                # the set's documentation says "insects (flying)"; crickets are a class of their own
                "insects": "flying insects",
                # the computer's mouse
                "mouse_click": "computer mouse click",
            }
        ),
        # the plain reading says what is meant for all ten
        "urbansound8k": MappingProxyType({}),
        # the plain reading says what is meant where a parenthesis only excludes other meanings
        # ("Zipper_(clothing)"); here the parenthesis, or the place in the ontology, is needed
        "fsd50k": MappingProxyType(
            {
                "Bathtub_(filling_or_washing)": "filling or washing in a bathtub",
                "Fill_(with_liquid)": "filling with liquid",
                "Frying_(food)": "frying food",
                # not the computer's, which is a class of its own
                "Keyboard_(musical)": "musical keyboard",
                # below "Human locomotion" in the ontology
                "Run": "running footsteps",
                # "sink" alone would be read as the verb
                "Sink_(filling_or_washing)": "filling or washing in a sink",
                # below "Door" in the ontology: a light knock, not the water tap
                "Tap": "tapping knock",
            }
        ),
        # its five classes are plain words, and so are the finer types that are known
        "msos": MappingProxyType({}),
    }
)
_PARENTHESIS = re.compile(r"[(\[].*?[)\]]")


def class_description(set_name: str, class_name: str) -> str:
    """Return the class called `class_name` of the set called `set_name` in plain words.

    Examples
    --------
    >>> class_description("urbansound8k", "dog_bark")
    'dog bark'
    >>> class_description("esc50", "mouse_click")
    'computer mouse click'
    >>> class_description("fsd50k", "Accelerating_and_revving_and_vroom")
    'accelerating revving vroom'
    """
    text = CLASS_TEXTS.get(set_name, {}).get(class_name)
    if text is not None:
        return text
    words = split_words(_PARENTHESIS.sub(" ", class_name)) or [class_name]
    return " ".join(dict.fromkeys(word.lower() for word in words if word.lower() != "and"))
