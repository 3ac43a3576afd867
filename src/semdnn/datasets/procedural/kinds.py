"""The kinds of source: one row each of what it is made by, with what numbers, and its names.

In a title ``{size}``, ``{rate}`` and ``{force}`` stand for an adjective that follows the trait
(nothing where the trait is middling) and ``{variant}`` for the chosen variant, which changes the
named fields of the source; ``|`` separates alternatives, commas the synonyms of an adjective.
"""

# ruff: noqa: E501 - a table of one row a kind is read as one when its rows are long

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from semdnn.datasets.procedural.sources import Air, Driven, Grains, Numbers, Source, Struck, Tone
from semdnn.datasets.procedural.synthesis import Range


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of source; ranges are limits that a trait or chance chooses between."""

    name: str
    category: str
    source: Source  # makes one event
    titles: str
    variants: Mapping[str, Mapping[str, Any]] = field(default_factory=lambda: {"": {}})
    repeats: Range | None = None  # a second, slow … fast; None: one event fills the sound
    event_s: Range | None = None  # length of a repeated event; None: the whole period
    pattern: Numbers = (0.0,)  # when events fall, in shares of the period
    tune: Numbers = (1.0,)  # what multiplies their pitch, event after event
    jitter: float = 0.05  # relative irregularity of the period
    seconds: Range = (1.0, 4.0)  # length of the sound
    size: str = "small,little/large,big"
    rate: str = "slow/fast"
    force: str = "soft,quiet/loud"


_SKIN = (1, 1.59, 2.14, 2.3, 2.65, 2.92)
_PLATE = tuple(1 + 0.43 * k**1.25 for k in range(16))
_STRING = tuple(k * (1 + 0.0004 * k * k) ** 0.5 for k in range(1, 13))
_WOOD = (1, 1.9, 3.1, 4.6)
_BRIGHT = (1, 0.8, 0.7, 0.5, 0.4, 0.3, 0.2, 0.15, 0.1)
_HOLLOW = (1, 0, 0.6, 0, 0.4, 0, 0.25, 0, 0.15)
_MELODY = (1, 1.125, 1.25, 1, 1.5, 1.333)

# fmt: off
KINDS: tuple[Kind, ...] = (
    Kind("rain", "weather", Grains((60, 1_500), (1_000, 6_000), (.003, .005), bed=.5, bed_band=(900, 7_000)), "{force} rain|{force} rain falling on {variant}",
         {"tin roof": {"body": (900, 2_100, 3_300)}, "leaves": {"band": (3_000, 7_000)}, "umbrella": {"body": (350, 600)}}, force="light,gentle/heavy"),
    Kind("wind", "weather", Air((250, 900), width=.35, drift=(1.5, .35)), "{force} wind|{force} wind howling {variant}|{force} wind blowing {variant}",
         {"through trees": {"hiss": .6, "width": .8}, "in chimney": {"width": .1, "hiss": .03}}, force="gentle,light/strong"),
    Kind("thunder", "weather", Grains((3_000, 5_000), (40, 1_200), (.004, .01), onset=.45, dulling=.06), "{force} thunder|{force} thunder {variant}",
         {"rumble": {"band": (40, 300)}, "clap": {"band": (60, 4_000)}}, repeats=(1, 3), event_s=(1.5, 2.5), jitter=.6, seconds=(2.5, 4)),
    Kind("waves", "water", Air((500, 1_200), width=1.6, shape=(.15, .4, 1, .6, .2, .3, .8, .5, .15)), "{force} ocean waves|{force} sea waves on {variant}",
         {"beach": {}, "rocks": {"hiss": .4}}, seconds=(3, 4), force="gentle,calm/heavy,strong"),
    Kind("stream", "water", Grains((60, 110), (400, 1_500), (.005, .02), (1.1, 1.8), bed=.3),
         "{force} stream flowing|{force} river water|{size} stream with water flowing", size="small/wide", force="gentle/rushing"),
    Kind("drip", "water", Grains((6, 7), (700, 2_500), (.012, .03), (1.1, 1.8)), "{rate} water dripping|{rate} water drip {variant}|{rate} dripping tap",
         {"in sink": {}, "in cave": {"fall": (.03, .06)}}, repeats=(.8, 4), event_s=(.12, .2), jitter=.15),
    Kind("bubbles", "water", Grains((8, 30), (200, 900), (.015, .04), (1.1, 1.8)), "{size} bubbles underwater|{size} bubbles, boiling water in pot"),
    Kind("fire", "fire", Grains((8, 80), (1_000, 6_000), (.001, .003), bed=.15, bed_band=(60, 500)), "{force} fire crackling|{force} {variant} burning",
         {"campfire": {}, "fireplace": {"bed": .4}}, force="gentle/roaring"),
    Kind("dog", "animals", Tone((180, 650), (.7, 1.15, 1, .6), formants=(750, 1_400, 2_700), rough=.15, breath=.8, edges=(.015, .06)),
         "{rate} {size} dog bark|{size} dog {variant}", {"barking": {}, "yapping": {"path": (1, 1.5, 1.3)}}, repeats=(1, 3.5), event_s=(.12, .25), jitter=.2),
    Kind("cat", "animals", Tone((350, 850), (.8, 1.15, 1.2, 1.05, .8), formants=(900, 1_900, 3_400), edges=(.12, .25)),
         "{size} cat meowing|{size} cat meow|{variant} meow", {"kitten": {"pitch": (700, 1_200)}, "cat": {}}, repeats=(.5, 1.2), event_s=(.5, .9)),
    Kind("cow", "animals", Tone((75, 160), (.85, 1, 1.1, 1), formants=(320, 750, 2_000), rough=.03, edges=(.25, .3)), "{size} cow mooing|{size} cow moo"),
    Kind("sheep", "animals", Tone((180, 420), (1, 1.05, .95), formants=(800, 1_500, 2_600), beating=(8, .6), rough=.04, edges=(.05, .12)),
         "{size} sheep bleating|{size} {variant} bleat", {"goat": {"beating": (11, .8)}, "lamb": {"pitch": (350, 600)}}, repeats=(.6, 1), event_s=(.7, 1.1)),
    Kind("frog", "animals", Tone((45, 110), (1, 1.2), formants=(600, 1_300), beating=(26, .5)), "{rate} {size} frog croak", repeats=(1, 2), event_s=(.2, .4)),
    Kind("bird", "birds", Tone((2_200, 5_500), (1.2, .8, 1.1), vibrato=(28, .05)), "{size} bird chirping|{rate} bird {variant}",
         {"tweeting": {"path": (.8, 1.3)}, "singing": {"path": (1, 1.2, .8, 1.2)}}, repeats=(1.2, 3.5), event_s=(.07, .16), pattern=(0, .4), tune=(1, .8, 1.1)),
    Kind("cuckoo", "birds", Tone((480, 760), (1, .97), (1, .1)), "{rate} cuckoo calling", repeats=(.6, 1), event_s=(.2, .3), pattern=(0, .35), tune=(1, .8)),
    Kind("cricket", "insects", Tone((3_800, 6_000)), "{rate} cricket|crickets at night", repeats=(1.5, 4), event_s=(.02, .03), pattern=(0, .13, .26)),
    Kind("fly", "insects", Tone((120, 320), (1, 1.06, .95, 1.02), _BRIGHT, vibrato=(5, .03), beating=(1.3, .5), edges=(.2, .3)),
         "{size} fly buzzing|{size} {variant} buzzing|buzzing {size} insect", {"bee": {}, "mosquito": {"pitch": (450, 750)}}),
    Kind("engine", "vehicles", Driven((22, 75), (90, 240, 600)), "{size} {variant} engine|{size} {variant} engine running|{rate} {variant} motor", {"car": {},
         "truck": {"body": (50, 130, 330)}, "boat": {"hiss": .5}}, rate="slow,idling/fast"),
    Kind("helicopter", "vehicles", Driven((9, 18), (70, 160), hiss=1.2, band=(100, 2_500), puff=.95), "{size} helicopter flying|helicopter rotor {rate}"),
    Kind("train", "vehicles", Struck(_PLATE[:6], (180, 320), (.03, .06), mallet=.004, fuzz=.5), "{rate} train passing|{rate} {variant} on rails", {"train": {},
         "tram": {"pitch": (350, 600)}}, repeats=(.8, 2.4), pattern=(0, .18), jitter=.02),
    Kind("horn", "vehicles", Tone((300, 520), overtones=_BRIGHT), "{size} car horn honking", repeats=(.7, 2), event_s=(.4, .5), pattern=(0, 0), tune=(1, 1.26)),
    Kind("siren", "alarms", Tone((500, 1_100), (.7, 1.4, .7), _HOLLOW), "{rate} {variant} siren|{variant} siren wailing|{rate} siren", {"police": {},
         "ambulance": {"path": (1, 1, 1, 1.33, 1.33, 1.33)}, "fire truck": {"pitch": (350, 700)}}, repeats=(.3, 3), jitter=0),
    Kind("vacuum", "home", Driven((60, 130), (400, 1_100), hiss=1.2, whine=.4, puff=.05, uneven=.005), "{size} vacuum cleaner|vacuum cleaner running"),
    Kind("fan", "home", Driven((9, 30), (120, 260), hiss=1.5, band=(150, 1_500), uneven=.01), "{rate} fan spinning|{size} electric fan|{rate} {size} fan"),
    Kind("drill", "tools", Driven((70, 180), (900, 2_300), (.3, 1, 1, .9, 1), whine=1, uneven=.01),
         "{rate} electric drill|{size} power drill on {variant}|drilling in {variant}", {"wood": {}, "metal": {"body": (2_600, 4_100), "hiss": .7}}),
    Kind("saw", "tools", Driven((90, 220), (900, 2_600, 4_200), (.5, 1, .6), grit=.7, uneven=.08), "{rate} {size} hand saw|{rate} sawing {variant}",
         {"wood": {}, "metal": {"body": (3_100, 4_700), "ring": .03}}, repeats=(1.2, 3.5), event_s=(.2, .35)),
    Kind("hammer", "tools", Struck((1, 2.76, 5.4, 8.93), (600, 1_500), (.03, .08), fuzz=.4), "{force} hammering on {variant}|{rate} hammer hits {variant}",
         {"wood": {"pitch": (200, 450), "fall": (.015, .03)}, "metal": {"fall": (.1, .3)}}, repeats=(1, 4), force="gentle/hard"),
    Kind("knock", "home", Struck(_WOOD, (110, 260), (.02, .04), mallet=.003, fuzz=.08), "{rate} knocking on door|{force} door knock|knock on {variant} door",
         {"wooden": {}, "metal": {"ratios": _PLATE[:8], "fall": (.08, .15)}}, repeats=(2, 6), force="gentle,soft/hard,loud"),
    Kind("creak", "home", Driven((18, 70), (420, 780, 1_400, 2_300), (.5, 1.1, .8, 1.7, 1.2), ring=.012, uneven=.08, hiss=.02),
         "{rate} door creaking|{size} {variant} door creak|squeaky {size} door", {"wooden": {}, "rusty": {"cycle": (120, 420), "body": (1_100, 2_300, 3_300)}}),
    Kind("telephone", "home", Tone((900, 1_700), overtones=(1, .3, .4), beating=(20, .9)), "{variant} telephone ringing|{rate} {variant} phone ringing",
         {"old": {}, "electronic": {"beating": (14, .5), "overtones": _HOLLOW}}, repeats=(.4, .9), event_s=(.9, .9), pattern=(0, 0), tune=(1, 1.25)),
    Kind("doorbell", "home", Struck((1, 2.76), (450, 900), (.4, .8)), "{size} doorbell", repeats=(.4, .8), event_s=(2, 2), pattern=(0, .35), tune=(1, .8)),
    Kind("alarm", "alarms", Tone((1_600, 3_200), overtones=_HOLLOW), "{rate} alarm clock beeping", repeats=(.8, 2), event_s=(.06, .09), pattern=(0, .18, .36)),
    Kind("clock", "home", Struck(_WOOD, (1_300, 3_500), (.006, .015), mallet=.0005), "{size} clock ticking|{rate} clock tick tock|{size} {variant} ticking",
         {"wall clock": {}, "pocket watch": {"pitch": (3_000, 5_000)}}, repeats=(1, 4), pattern=(0, .48), tune=(1, .8), jitter=.005),
    Kind("keyboard", "home", Struck(_WOOD, (900, 2_200), (.004, .009), mallet=.0006, fuzz=.5), "{rate} typing on {variant}|{rate} keyboard typing",
         {"computer keyboard": {}, "typewriter": {"fall": (.015, .03), "fuzz": .9}}, repeats=(4, 11), jitter=.4),
    Kind("paper", "home", Grains((60, 300), (1_800, 6_500), (.001, .004)), "{force} paper crumpling|{variant} crumpled|{force} {variant} rustle",
         {"plastic bag": {"band": (4_500, 7_500)}, "newspaper": {"band": (900, 3_500)}}, force="gentle/hard"),
    Kind("coin", "objects", Struck((1, 1.53, 2.2), (2_600, 5_000), (.04, .1), mallet=.0003), "{size} coin dropped on {variant}|{size} coins falling",
         {"table": {"fuzz": .3}, "floor": {}}, repeats=(1.2, 3), event_s=(.3, .5), pattern=(0, .35, .57, .7, .78), jitter=.2),
    Kind("glass_break", "objects", Grains((30, 60), (2_000, 3_500), (.01, .06), (1, 1), onset=.2), "{size} glass breaking|{size} {variant} smashing",
         {"window": {"onset": .4}, "bottle": {}, "plate": {"band": (1_000, 1_900)}}, seconds=(.8, 2)),
    Kind("footsteps", "human", Grains((1_500, 2_500), (1_500, 5_000), (.001, .002), onset=.012, body=(90,)),
         "{rate} footsteps on {variant}|{force} steps on {variant}", {"gravel": {"density": (300, 500), "onset": .06}, "wood": {"band": (150, 900)},
         "snow": {"band": (700, 2_600), "onset": .08}}, repeats=(1.1, 3), event_s=(.25, .3), pattern=(0, .13)),
    Kind("clap", "human", Struck((1, 1.4, 2.1), (700, 1_500), (.003, .006), fuzz=1.5), "{rate} clapping hands|{force} clap", repeats=(1.2, 4.5)),
    Kind("applause", "human", Grains((40, 700), (900, 3_000), (.005, .009), bed=.25), "{force} applause|crowd applauding", force="polite/loud,enthusiastic"),
    Kind("heartbeat", "human", Struck((1, 1.5), (45, 75), (.04, .06), mallet=.012), "{rate} heartbeat|{rate} heart beat", repeats=(.8, 2.2), pattern=(0, .33)),
    Kind("breath", "human", Air((900, 1_900), (1.2, 1.3, 1, .8, .7), 1.2, shape=(0, .7, 1, .4, 0, 0, .5, .8, .2, 0)),
         "{rate} breathing|{rate} breath through {variant}", {"nose": {"centre": (1_800, 3_200)}, "mouth": {}}, repeats=(.4, 1.1), event_s=(.8, 1.3)),
    Kind("choir", "human", Tone((110, 420), formants=(700, 1_150, 2_700), vibrato=(5, .01), edges=(.25, .4)), "{size} choir singing {variant}", {"ah": {},
         "ee": {"formants": (300, 2_250, 3_000)}, "oh": {"formants": (450, 800)}}, repeats=(.3, .5), pattern=(0, 0), tune=(1, 1.5), size="high/low"),
    Kind("whistle", "human", Tone((900, 2_400), (.9, 1.3, 1.1, 1.5), (1, .05), breath=.12), "person whistling|{variant}", {"whistling": {},
         "referee whistle": {"pitch": (2_300, 3_200), "path": (1,), "beating": (32, .8)}, "wolf whistle": {"path": (.7, 1.6, .7, 1.3, .6)}}),
    Kind("gunshot", "explosions", Grains((4_000, 6_000), (150, 7_000), (.001, .003), onset=.06, dulling=.06), "{size} gunshot|{size} {variant} gunshot",
         {"pistol": {}, "rifle": {"onset": .12}, "cannon": {"band": (50, 1_500), "onset": .25}}, seconds=(.5, 1.8)),
    Kind("explosion", "explosions", Grains((3_000, 5_000), (40, 4_000), (.003, .01), onset=.5, dulling=.03), "{size} bomb explosion|{force} {size} blast"),
    Kind("whoosh", "effects", Air((500, 2_000), (.6, 1.3, 1.8, 1.1, .5), .6, shape=(0, .2, 1, .3, 0)), "{size} {variant} swish|whoosh of {variant}",
         {"sword": {"centre": (2_000, 4_000)}, "stick": {}, "arrow": {"width": .25}}, seconds=(.5, 1)),
    Kind("laser", "effects", Tone((900, 2_600), (2.5, 1, .45, .25, .15), _BRIGHT), "{size} laser gun|{rate} laser shots", repeats=(1.2, 5), event_s=(.18, .35)),
    Kind("morse", "effects", Tone((500, 1_100)), "{rate} morse code|morse code beeps", repeats=(2.5, 6), event_s=(.05, .12), pattern=(0, .4)),
    Kind("bell", "music", Struck((.5, 1, 1.19, 1.5, 2, 2.51, 2.66, 3.01, 4.1, 5.4), (180, 1_400), (1, 2.2)), "{rate} {size} bell|{variant} bell ringing",
         {"church": {"pitch": (140, 420)}, "hand": {"pitch": (700, 1_800)}, "school": {"fall": (.6, 1)}}, repeats=(.4, 2), event_s=(2.5, 3.5)),
    Kind("cymbal", "music", Struck(_PLATE, (320, 620), (.3, .9), damping=.1, mallet=.0004, fuzz=1.2), "{size} cymbal|{variant} cymbal|{force} cymbal hit",
         {"crash": {"fall": (.8, 1.2)}, "hi hat": {"fall": (.03, .08), "pitch": (500, 800)}}),
    Kind("snare", "music", Struck(_SKIN, (160, 280), (.05, .1), fuzz=1), "{rate} snare drum|{force} snare hits|{rate} snare drumming", repeats=(2, 9)),
    Kind("kick", "music", Tone((45, 90), (2.2, 1.2, 1, 1, 1), edges=(.002, .25)), "{size} kick drum|{rate} bass drum", repeats=(1, 3), event_s=(.3, .5)),
    Kind("drum", "music", Struck(_SKIN, (90, 330), (.12, .3), mallet=.002), "{size} drum|{rate} {variant} drumming|{size} {variant} drum",
         {"hand": {"fall": (.06, .1)}, "tom": {}}, repeats=(1.5, 6), event_s=(.3, .5), pattern=(0, .5, .75), tune=(1, 1.3, 1.1)),
    Kind("marimba", "music", Struck((1, 3.95, 9.8), (200, 900), (.15, .4)), "{size} marimba|{rate} marimba notes|{size} {variant} note", {"marimba": {},
         "xylophone": {"pitch": (600, 1_900), "ratios": (1, 3, 6.1)}}, repeats=(1, 5), event_s=(.5, .8), tune=_MELODY, size="high/low"),
    Kind("piano", "music", Struck(_STRING, (80, 900), (.8, 1.6), damping=.7, mallet=.002), "{force} piano|{size} piano notes", repeats=(.5, 3), event_s=(1, 2),
         tune=_MELODY, size="high/low"),
    Kind("guitar", "music", Struck(_STRING, (90, 330), (.6, 1.2), damping=1.2, mallet=.0004), "{variant} guitar chord|{rate} guitar strumming", {"acoustic": {},
         "bass": {"pitch": (40, 90)}, "steel": {"damping": .5}}, repeats=(.6, 3), event_s=(.8, 2), pattern=(0, .03, .06), tune=(1, 1.25, 1.5)),
    Kind("organ", "music", Tone((110, 520), overtones=(1, .7, .4, .5, 0, .3, 0, .4), edges=(.05, .15)), "{size} organ chord|{variant} organ", {"church": {},
         "electric": {"vibrato": (6, .006), "beating": (6, .3)}}, repeats=(.4, 1), pattern=(0, 0, 0), tune=(1, 1.26, 1.5), size="high/low"),
    Kind("flute", "music", Tone((350, 1_400), overtones=(1, .3, .1, .03), vibrato=(5, .008), breath=.15, edges=(.08, .1)),
         "{size} flute note|{rate} flute melody", repeats=(.5, 2.5), tune=_MELODY, size="high/low"),
    Kind("violin", "music", Tone((200, 1_100), overtones=tuple(1 / k for k in range(1, 16)), vibrato=(6, .015), edges=(.12, .15)),
         "{size} violin note|{size} {variant} bowed", {"violin": {}, "cello": {"pitch": (70, 300)}}, repeats=(.5, 1.5), tune=_MELODY, size="high/low"),
)
# fmt: on
