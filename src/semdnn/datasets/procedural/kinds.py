"""The kinds of source: one row each of what it is made by, with what numbers, and its names.

In a title ``{size}``, ``{rate}`` and ``{force}`` stand for an adjective that follows the trait
(nothing where the trait is middling) and ``{variant}`` for the chosen variant; ``|`` separates
alternatives. Adjectives are given as "low/high", with commas between synonyms.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from semdnn.datasets.procedural.sources import (
    Range,
    air,
    blast,
    bubbles,
    machine,
    notes,
    rubbed,
    shattered,
    stepped,
    strummed,
    struck,
    texture,
    voice,
)
from semdnn.datasets.procedural.synthesis import Samples


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of source.

    Attributes
    ----------
    name, category : str
        What it is called and the class that it belongs to.
    make : callable
        Function of `sources` that makes one event from a scene and `parameters`.
    titles : str
        Descriptions, as the module says.
    variants : mapping
        Variant as said in the title → parameters that it changes.
    repeats, event_s : (float, float), optional
        Events a second (slow … fast) and their length; one event fills the sound if absent.
    pattern : tuple of float
        When a repetition sounds, in shares of the period (a gallop, a double beat).
    jitter : float
        Relative irregularity of the period.
    seconds : (float, float)
        Limits of the length of the sound.
    size, rate, force : str
        The adjectives.
    """

    name: str
    category: str
    make: Callable[..., Samples]
    parameters: Mapping[str, Any]
    titles: str
    variants: Mapping[str, Mapping[str, Any]] = field(default_factory=lambda: {"": {}})
    repeats: Range | None = None
    event_s: Range | None = None
    pattern: tuple[float, ...] = (0.0,)
    jitter: float = 0.1
    seconds: Range = (1.0, 4.0)
    size: str = "small,little/large,big"
    rate: str = "slow/fast"
    force: str = "soft,quiet/loud"


_BAR = (1, 2.76, 5.4, 8.93)
_BELL = (0.5, 1, 1.19, 1.5, 2, 2.51, 2.66, 3.01, 4.1, 5.4)
_SKIN = (1, 1.59, 2.14, 2.3, 2.65, 2.92)
_PLATE = tuple(1 + 0.43 * k**1.25 for k in range(16))
_STRING = tuple(k * (1 + 0.0004 * k * k) ** 0.5 for k in range(1, 13))
_WOOD = (1, 1.9, 3.1, 4.6)
_BRIGHT = (1, 0.8, 0.7, 0.5, 0.4, 0.3, 0.2, 0.15, 0.1)
_MELLOW = (1, 0.3, 0.1, 0.03)
_HOLLOW = (1, 0, 0.6, 0, 0.4, 0, 0.25, 0, 0.15)
_LOW = "high pitched,high/low,deep"

# One row a kind; laid out by hand, so that the table can be read as one.
# fmt: off
KINDS: tuple[Kind, ...] = (
    # weather, water, fire
    Kind("rain", "weather", texture, {"band": (900, 7_000), "bed": 0.5, "grains": (60, 1_500)},
         "{force} rain|{force} rain on {variant}|{force} rain falling on {variant}|{force} rainfall",
         {"tin roof": {"body": (900, 2_100, 3_300)}, "leaves": {"grain_band": (2_500, 7_000)},
          "pavement": {}, "umbrella": {"body": (350, 600), "bed": 0.3}}, force="light,gentle/heavy"),
    Kind("hail", "weather", texture, {"band": (2_000, 7_000), "bed": 0.08, "grains": (15, 90), "grain_s": 0.006},
         "{force} hail on {variant}|{force} hailstorm", {"car roof": {"body": (300, 750, 1_300)}, "window": {"body": (2_400, 3_900)}},
         force="light/heavy"),
    Kind("wind", "weather", air, {"centre": (250, 900), "width": 0.35, "drift": (1.5, 0.35)},
         "{force} wind|{force} wind howling {variant}|{force} wind blowing {variant}",
         {"through trees": {"hiss": 0.6, "width": 0.8}, "in chimney": {"width": 0.1, "hiss": 0.03}, "across desert": {}},
         seconds=(2, 4), force="gentle,light/strong"),
    Kind("thunder", "weather", blast, {"fall": (0.5, 1.0), "darkness": 0.65, "rolls": 6, "spread": 0.35},
         "{force} thunder|{force} thunder {variant}|thunderstorm, {force} thunder {variant}",
         {"rumble": {"darkness": 0.9}, "clap": {"darkness": 0.3, "rolls": 3}}, seconds=(2.5, 4)),
    Kind("waves", "water", air, {"centre": (500, 1_200), "width": 1.6, "drift": (1, 0.2), "shape": (.15, .4, 1, .6, .2, .3, .8, .5, .15)},
         "{force} ocean waves|{force} waves on {variant}|sea waves breaking on {variant}",
         {"beach": {}, "rocks": {"hiss": 0.4}}, seconds=(3, 4), force="gentle,calm/heavy,strong"),
    Kind("stream", "water", bubbles, {"drops": (60, 110), "pitch": (400, 1_500), "fall": (.005, .02), "bed": 0.3},
         "{rate} stream flowing|{rate} river water|{rate} {size} stream with water flowing over rocks", size="small/wide"),
    Kind("drip", "water", bubbles, {"drops": (6, 7), "pitch": (700, 2_500), "fall": (.012, .03)},
         "{rate} water dripping|{rate} water drip {variant}|{rate} dripping tap", {"in sink": {}, "in cave": {"fall": (.03, .06)}},
         repeats=(0.8, 4), event_s=(.12, .2), jitter=0.15),
    Kind("bubbles", "water", bubbles, {"drops": (8, 30), "pitch": (200, 900), "fall": (.015, .04)},
         "{rate} {size} bubbles|{size} bubbles underwater|water bubbling {variant}", {"in tank": {}, "in pot": {"bed": 0.15}}),
    Kind("fire", "fire", texture, {"band": (60, 500), "bed": 0.15, "drift": (4, 0.3), "grains": (8, 80), "grain_s": 0.002},
         "{force} fire crackling|{force} fire burning|{size} {variant} burning and crackling", {"campfire": {}, "fireplace": {"bed": 0.3}},
         force="gentle/roaring"),
    Kind("leaves", "nature", texture, {"band": (3_000, 7_500), "bed": 0.3, "drift": (4, 0.6), "grains": (30, 250), "grain_band": (3_500, 7_500)},
         "{force} leaves rustling|{force} dry leaves rustle|leaves in {variant}", {"bush": {}, "tree": {"grains": (10, 60)}},
         force="gentle,soft/strong"),
    # animals
    Kind("dog", "animals", voice, {"pitch": (180, 650), "path": (.7, 1.15, 1, .6), "formants": (750, 1_400, 2_700), "mouth": (.2, 1, 1, .3), "rough": .15, "breath": .3, "edges": (.015, .06)},
         "{size} dog barking|{size} dog bark|{rate} barking of {size} dog|{size} dog {variant}", {"barking": {}, "yapping": {"path": (1, 1.5, 1.3)}},
         repeats=(1, 3.5), event_s=(.12, .25), jitter=0.2, seconds=(.6, 3)),
    Kind("wolf", "animals", voice, {"pitch": (250, 600), "path": (.6, 1, 1.1, 1.05, 1, .8), "formants": (500, 900, 2_400), "breath": .02, "rough": .01, "edges": (.3, .6)},
         "{size} wolf howling|wolf howl|wolf howling at night", seconds=(2, 4)),
    Kind("cat", "animals", voice, {"pitch": (350, 850), "path": (.8, 1.15, 1.2, 1.05, .8), "formants": (900, 1_900, 3_400), "mouth": (0, .6, 1, .8, .1), "breath": .03, "edges": (.08, .15)},
         "{size} cat meowing|{size} cat meow|{variant} meow", {"kitten": {"pitch": (700, 1_200)}, "cat": {}},
         repeats=(.5, 1.2), event_s=(.5, .9)),
    Kind("lion", "animals", voice, {"pitch": (38, 75), "path": (.8, 1.1, 1, .7), "formants": (280, 650, 1_500), "mouth": (.2, 1, .7, .2), "rough": .4, "breath": .8, "edges": (.2, .5)},
         "{size} lion roaring|lion roar|{size} lion growl", seconds=(1.2, 3)),
    Kind("cow", "animals", voice, {"pitch": (75, 160), "path": (.85, 1, 1.1, 1), "formants": (320, 750, 2_000), "mouth": (0, .2, .8, 1, .6), "edges": (.15, .3)},
         "{size} cow mooing|{size} cow moo|cow moo {variant}", {"in barn": {}, "on farm": {}}, seconds=(1.2, 3)),
    Kind("sheep", "animals", voice, {"pitch": (180, 420), "path": (1, 1.05, .95), "formants": (800, 1_500, 2_600), "tremolo": (8, .6), "rough": .04, "edges": (.05, .12)},
         "{size} sheep bleating|sheep baa|{size} {variant} bleat", {"goat": {"tremolo": (11, .8)}, "sheep": {}, "lamb": {"pitch": (350, 600)}},
         repeats=(.6, 1), event_s=(.7, 1.1)),
    Kind("pig", "animals", voice, {"pitch": (55, 130), "path": (1, .9, 1.1), "formants": (450, 1_100, 2_300), "rough": .4, "breath": 1.2, "mouth": (.8, 1, .4)},
         "{size} pig grunting|pig grunt|{size} pig snorting", repeats=(1, 3), event_s=(.15, .35), jitter=.3),
    Kind("horse", "animals", struck, {"ratios": _WOOD, "pitch": (400, 800), "fall": (.012, .025), "mallet": .002, "fuzz": .1},
         "{rate} horse hooves|horse {rate} galloping on {variant}|{rate} horse gallop", {"road": {}, "grass": {"pitch": (120, 220), "mallet": .006}},
         repeats=(1.2, 2.6), event_s=(.12, .15), pattern=(0, .22, .45), jitter=.04),
    Kind("duck", "animals", voice, {"pitch": (160, 300), "path": (1.1, 1, .8), "formants": (1_100, 2_200, 3_100), "rough": .2, "edges": (.01, .05)},
         "{size} duck quacking|{rate} duck quacks|duck quack on pond", repeats=(1.5, 4), event_s=(.12, .22)),
    Kind("frog", "animals", voice, {"pitch": (45, 110), "path": (1, 1.2, 1.1), "formants": (600, 1_300, 2_600), "mouth": (.5, 1, .8), "tremolo": (26, .5), "edges": (.02, .03)},
         "{size} frog croaking|{rate} frog croak|{size} frog in swamp", repeats=(.9, 2.5), event_s=(.2, .4)),
    Kind("bird", "birds", notes, {"pitch": (2_200, 5_500), "path": (1.2, .8, 1.1), "edges": (.01, .02), "vibrato": (28, .05)},
         "{size} bird chirping|{size} bird {variant}|{rate} bird song", {"tweeting": {"path": (.8, 1.3)}, "singing": {"path": (1, 1.2, .8, 1.2)}, "chirping": {}},
         repeats=(2, 6), event_s=(.07, .16), pattern=(0, .42), jitter=.25),
    Kind("crow", "birds", voice, {"pitch": (280, 480), "path": (.9, 1.05, .9), "formants": (1_300, 1_900, 3_300), "rough": .3, "breath": .5, "edges": (.03, .08)},
         "{size} crow cawing|crow caw|{rate} cawing crows", repeats=(.9, 2), event_s=(.28, .42)),
    Kind("rooster", "birds", voice, {"pitch": (500, 850), "path": (.7, 1, .75, .8, 1.15, 1.1, 1.2, 1.15, .7), "formants": (1_100, 2_200, 3_300), "mouth": (.2, 1, .1, .8, .2, 1, 1, 1, .2), "rough": .06},
         "rooster crowing|{size} rooster crow|rooster on farm in the morning", seconds=(1.4, 2.4)),
    Kind("owl", "birds", notes, {"pitch": (280, 520), "path": (.95, 1, .97), "overtones": (1, .1), "edges": (.06, .12), "breath": .1},
         "{size} owl hooting|owl hoot at night|{rate} owl hoots", repeats=(.5, 1), event_s=(.25, .45), pattern=(0, .4)),
    Kind("cricket", "insects", notes, {"pitch": (3_800, 6_000), "edges": (.004, .008), "overtones": (1, .2)},
         "{rate} cricket chirping|crickets at night|{size} cricket", repeats=(1.5, 4), event_s=(.02, .03), pattern=(0, .13, .26), jitter=.02),
    Kind("fly", "insects", notes, {"pitch": (120, 320), "path": (1, 1.06, .95, 1.02), "overtones": _BRIGHT, "vibrato": (5, .03), "beating": (1.3, .5), "edges": (.2, .3)},
         "{size} fly buzzing|{size} {variant} buzzing|buzzing {size} insect", {"bee": {}, "fly": {}, "mosquito": {"pitch": (450, 750)}}),
    # vehicles and machines
    Kind("engine", "vehicles", machine, {"cycle": (22, 75), "body": (90, 240, 600), "hiss": .15},
         "{size} {variant} engine|{size} {variant} engine running|{rate} {variant} motor", {"car": {}, "truck": {"body": (50, 130, 330)}, "boat": {"hiss": .4}},
         rate="slow,idling/fast"),
    Kind("motorcycle", "vehicles", machine, {"cycle": (30, 110), "body": (150, 500, 1_300), "path": (.6, 1.2, .8, 1.5), "uneven": .08},
         "{size} motorcycle revving|motorbike {rate}|{size} motorcycle engine accelerating"),
    Kind("helicopter", "vehicles", machine, {"cycle": (9, 18), "body": (70, 160), "hiss": 1.2, "hiss_band": (100, 2_500), "puff": .95},
         "{size} helicopter flying|{size} helicopter rotor {rate}|helicopter overhead"),
    Kind("train", "vehicles", struck, {"ratios": _PLATE[:6], "pitch": (180, 320), "fall": (.03, .06), "mallet": .004, "fuzz": .5},
         "{rate} train passing|train on rails, {rate}|{rate} {variant} on tracks", {"train": {}, "tram": {"pitch": (350, 600)}},
         repeats=(.8, 2.4), event_s=(.2, .25), pattern=(0, .18), jitter=.02, seconds=(2, 4)),
    Kind("airplane", "vehicles", air, {"centre": (500, 1_100), "path": (1.5, 1.4, 1, .7, .65), "width": 1.0, "hiss": .5, "shape": (.1, .4, 1, .5, .15)},
         "{size} airplane flying by|{size} jet pass by|{size} plane overhead", seconds=(3, 4)),
    Kind("horn", "vehicles", notes, {"pitch": (300, 520), "overtones": _BRIGHT, "chord": (1, 1.26)},
         "{size} car horn|{variant} car horn honking|{size} horn honk", {"short": {"edges": (.01, .02)}, "": {}}, repeats=(.7, 2), event_s=(.25, .6)),
    Kind("ship", "vehicles", notes, {"pitch": (75, 170), "overtones": _BRIGHT, "chord": (1, 1.005), "edges": (.2, .4), "breath": .3},
         "{size} ship horn|foghorn of {size} ship|{size} boat horn in harbor", seconds=(2, 4)),
    Kind("siren", "alarms", notes, {"pitch": (500, 1_100), "path": (.7, 1.4, .7), "overtones": _HOLLOW},
         "{rate} {variant} siren|{variant} siren wailing|{rate} siren", {"police": {}, "ambulance": {"path": (1, 1, 1, 1.33, 1.33, 1.33)}, "fire truck": {"pitch": (350, 700)}},
         repeats=(.3, 3), jitter=0, seconds=(2, 4)),
    Kind("bicycle_bell", "vehicles", struck, {"ratios": (1, 1.02, 2.3, 3.6), "pitch": (1_600, 3_000), "fall": (.3, .6), "fuzz": .05},
         "{size} bicycle bell|bike bell {rate} ringing", repeats=(1, 3), event_s=(.7, 1), pattern=(0, .15, .3), jitter=.05),
    Kind("vacuum", "home", machine, {"cycle": (60, 130), "body": (400, 1_100), "hiss": 1.2, "whine": .4, "puff": .05, "uneven": .005},
         "{size} vacuum cleaner|vacuum cleaner running|{force} hoover vacuum"),
    Kind("fan", "home", machine, {"cycle": (9, 30), "body": (120, 260), "hiss": 1.5, "hiss_band": (150, 1_500), "puff": .5, "uneven": .01},
         "{rate} fan spinning|{size} electric fan|{rate} {size} ventilator fan"),
    Kind("drill", "tools", machine, {"cycle": (70, 180), "body": (900, 2_300), "path": (.3, 1, 1, .9, 1), "hiss": .3, "whine": 1.0, "uneven": .01},
         "{rate} electric drill|{size} power drill on {variant}|drilling in {variant}", {"wood": {}, "metal": {"body": (2_600, 4_100), "hiss": .7}}),
    Kind("chainsaw", "tools", machine, {"cycle": (55, 140), "body": (300, 1_200, 2_800), "path": (.7, 1.3, 1, .8, 1.2), "uneven": .1, "hiss": .4},
         "{size} chainsaw|chainsaw cutting tree|{rate} chainsaw revving"),
    # tools, home, objects
    Kind("saw", "tools", rubbed, {"band": (1_200, 6_000), "teeth": (90, 220), "path": (.5, 1, .6), "grit": .7, "body": (900, 2_600, 4_200), "edges": (.08, .1)},
         "{rate} hand saw|{rate} sawing {variant}|{size} saw cutting {variant}", {"wood": {}, "metal": {"body": (3_100, 4_700, 5_900), "ring": .03}},
         repeats=(1.2, 3.5), event_s=(.2, .35), jitter=.04),
    Kind("hammer", "tools", struck, {"ratios": _BAR, "pitch": (600, 1_500), "fall": (.03, .08), "fuzz": .4},
         "{rate} hammer|{force} hammering on {variant}|{rate} hammer hits {variant}", {"wood": {"pitch": (200, 450), "fall": (.015, .03)}, "metal": {"fall": (.1, .3)}, "nail": {}},
         repeats=(1, 4), event_s=(.3, .5), jitter=.06, force="gentle/hard"),
    Kind("knock", "home", struck, {"ratios": _WOOD, "pitch": (110, 260), "fall": (.02, .04), "mallet": .003, "fuzz": .08},
         "{rate} knocking on door|{force} door knock|knock on {variant} door", {"wooden": {}, "metal": {"ratios": _PLATE[:8], "fall": (.08, .15)}},
         repeats=(2, 6), event_s=(.2, .25), jitter=.05, seconds=(.6, 2), force="gentle,soft/hard,loud"),
    Kind("creak", "home", rubbed, {"band": (300, 3_000), "teeth": (18, 70), "path": (.5, 1.1, .8, 1.7, 1.2), "grit": .05, "body": (420, 780, 1_400, 2_300), "ring": .012},
         "{rate} door creaking|{size} {variant} door creak|squeaky {size} door", {"wooden": {}, "rusty": {"teeth": (120, 420), "body": (1_100, 2_300, 3_300)}}, seconds=(1, 3)),
    Kind("slam", "home", blast, {"fall": (.06, .16), "darkness": .6}, "{size} door slam|{force} door slamming shut|{size} {variant} slammed",
         {"door": {}, "car door": {"darkness": .4, "fall": (.05, .09)}, "gate": {"rolls": 2, "spread": .05}}, seconds=(.5, 1.2), force="soft/hard,loud"),
    Kind("telephone", "home", notes, {"pitch": (900, 1_700), "chord": (1, 1.25), "beating": (20, .9), "overtones": (1, .3, .4)},
         "{variant} telephone ringing|phone ring|{rate} {variant} phone ringing", {"old": {}, "electronic": {"beating": (14, .5), "overtones": _HOLLOW}},
         repeats=(.4, .9), event_s=(.8, 1), jitter=0, seconds=(1.2, 4)),
    Kind("alarm", "alarms", notes, {"pitch": (1_600, 3_200), "overtones": _HOLLOW, "edges": (.003, .005)},
         "{rate} alarm clock beeping|{rate} digital alarm|alarm clock in bedroom", repeats=(.8, 2.2), event_s=(.06, .09), pattern=(0, .18, .36), jitter=0),
    Kind("clock", "home", struck, {"ratios": _BAR, "pitch": (1_300, 3_500), "fall": (.006, .015), "mallet": .0005},
         "{size} clock ticking|{rate} clock tick tock|{size} {variant} ticking", {"wall clock": {}, "pocket watch": {"pitch": (3_000, 5_000)}}, repeats=(1, 4), event_s=(.08, .1), pattern=(0, .48), jitter=.005),
    Kind("keyboard", "home", struck, {"ratios": _WOOD, "pitch": (900, 2_200), "fall": (.004, .009), "mallet": .0006, "fuzz": .5},
         "{rate} typing on {variant}|{rate} keyboard typing|{variant} typing {rate}", {"computer keyboard": {}, "typewriter": {"fall": (.015, .03), "fuzz": .9}}, repeats=(4, 11), event_s=(.05, .07), jitter=.4),
    Kind("mouse_click", "home", struck, {"ratios": _BAR, "pitch": (1_800, 3_200), "fall": (.002, .004), "mallet": .0004},
         "{rate} mouse clicks|computer mouse click|{rate} mouse clicking", repeats=(1, 3), event_s=(.03, .04), pattern=(0, .25), jitter=.3, seconds=(.5, 2)),
    Kind("zip", "home", rubbed, {"band": (2_500, 7_000), "teeth": (60, 190), "path": (.6, 1.3, 1.8), "grit": .8, "body": (3_300, 5_200), "ring": .004},
         "{rate} zip|{size} zipper {variant}|{rate} zipper on {variant}", {"jacket": {}, "bag": {}, "tent": {"path": (.8, 1, .9, 1.1)}}, seconds=(.5, 1.4)),
    Kind("paper", "home", texture, {"band": (1_500, 7_000), "bed": .05, "drift": (12, .8), "grains": (90, 500), "grain_band": (1_800, 6_500), "grain_s": .0025},
         "{force} paper crumpling|{variant} crumpled|{force} {variant} rustle", {"paper": {}, "plastic bag": {"grain_band": (3_500, 7_500)}, "newspaper": {"grain_band": (900, 4_500)}}, force="gentle/hard"),
    Kind("coin", "objects", struck, {"ratios": (1, 1.53, 2.2), "pitch": (2_600, 5_000), "fall": (.05, .15), "mallet": .0003},
         "{size} coin dropped on {variant}|{size} coins falling|coin drop", {"table": {"fuzz": .3}, "floor": {}}, repeats=(1.5, 4), event_s=(.3, .5), pattern=(0, .35, .57, .7, .78), jitter=.2, seconds=(.6, 2)),
    Kind("glass_clink", "objects", struck, {"ratios": (1, 2.32, 4.25), "pitch": (900, 2_400), "fall": (.25, .7), "mallet": .0004},
         "{size} glass clink|{size} {variant} clinking|{rate} glasses clinking", {"wine glass": {}, "bottle": {"fall": (.05, .12)}}, repeats=(.8, 2.5), event_s=(.5, 1), jitter=.3),
    Kind("glass_break", "objects", shattered, {"pitch": (2_000, 3_500), "n_pieces": (25, 70), "fall": (.01, .06), "spread": .25},
         "{size} glass breaking|{size} {variant} smashing|{variant} breaking", {"window": {"n_pieces": (60, 110)}, "bottle": {}, "plate": {"pitch": (1_000, 1_900), "fall": (.006, .02)}}, seconds=(.8, 2)),
    # people
    Kind("footsteps", "human", stepped, {"ground": (400, 3_000), "grains": 0, "grain_s": .003, "thud": .6},
         "{rate} footsteps on {variant}|footsteps on {variant}|{rate} walking on {variant}|{force} steps on {variant}",
         {"gravel": {"ground": (1_200, 5_000), "grains": 500}, "wood": {"ground": (150, 900), "thud": 1.5}, "snow": {"ground": (700, 2_600), "grains": 1_800, "thud": .1},
          "concrete": {"ground": (1_500, 5_000)}, "dry leaves": {"ground": (3_500, 7_500), "grains": 350, "thud": .2}},
         repeats=(1.1, 3), event_s=(.22, .28), jitter=.05, seconds=(1.5, 4), force="soft,light/heavy"),
    Kind("clap", "human", struck, {"ratios": (1, 1.4, 2.1), "pitch": (700, 1_500), "fall": (.003, .006), "mallet": .001, "fuzz": 1.5},
         "{rate} hand claps|{rate} clapping hands|{force} clap", repeats=(1.2, 4.5), event_s=(.15, .2), jitter=.04, force="soft/loud"),
    Kind("applause", "human", texture, {"band": (700, 4_000), "bed": .25, "drift": (1.5, .25), "grains": (40, 700), "grain_band": (900, 3_000), "grain_s": .007},
         "{force} applause|crowd applauding, {force}|audience applause in {variant}", {"theater": {}, "concert hall": {}}, seconds=(2, 4), force="polite/loud,enthusiastic"),
    Kind("heartbeat", "human", struck, {"ratios": (1, 1.5), "pitch": (45, 75), "fall": (.04, .06), "mallet": .012},
         "{rate} heartbeat|{rate} human heart beating", repeats=(.8, 2.2), event_s=(.25, .3), pattern=(0, .33), jitter=.02, seconds=(2, 4)),
    Kind("breath", "human", air, {"centre": (900, 1_900), "width": 1.2, "shape": (0, .7, 1, .4, 0, 0, .5, .8, .2, 0), "path": (1.2, 1.3, 1, .8, .7)},
         "{rate} breathing|{force} breath|person breathing {variant}", {"through nose": {"centre": (1_800, 3_200)}, "heavily": {"hiss": .5}}, repeats=(.4, 1.1), event_s=(.8, 1.3), force="soft/heavy"),
    Kind("snore", "human", voice, {"pitch": (28, 60), "path": (.8, 1, 1.1, .9), "formants": (300, 900, 2_100), "rough": .3, "breath": 1.0, "edges": (.25, .2), "mouth": (.2, .9, .3)},
         "{force} snoring|man snoring|{rate} snore", repeats=(.4, .7), event_s=(.8, 1.2), seconds=(2, 4)),
    Kind("laugh", "human", voice, {"pitch": (130, 380), "path": (1.15, 1, .85), "formants": (750, 1_250, 2_600), "breath": .25, "edges": (.03, .06)},
         "{variant} laughing|{force} laughter of {variant}|{variant} laugh", {"man": {"pitch": (110, 180)}, "woman": {"pitch": (220, 380)}, "child": {"pitch": (350, 520)}}, repeats=(3.5, 6), event_s=(.11, .15), jitter=.06, seconds=(.8, 2.2)),
    Kind("baby", "human", voice, {"pitch": (380, 560), "path": (.85, 1.1, 1.15, 1, .8), "formants": (1_100, 2_100, 3_900), "mouth": (.3, 1, 1, .4), "rough": .05, "edges": (.08, .15)},
         "{force} baby crying|baby cry|crying newborn baby", repeats=(.7, 1.2), event_s=(.6, .9), jitter=.15),
    Kind("choir", "human", voice, {"pitch": (110, 420), "path": (1, 1), "formants": (700, 1_150, 2_700), "tremolo": (5, .12), "edges": (.25, .4)},
         "choir singing {variant}|{size} voice singing {variant}|{size} sung vowel {variant}", {"ah": {}, "ee": {"formants": (300, 2_250, 3_000)}, "oh": {"formants": (450, 800, 2_600)}}, seconds=(1.5, 4), size="high/low"),
    Kind("whistle", "human", notes, {"pitch": (900, 2_400), "path": (.9, 1.3, 1.1, 1.5), "breath": .12, "overtones": (1, .05), "edges": (.05, .08), "vibrato": (5, .01)},
         "person whistling {size}|{variant}", {"whistling a tune": {}, "referee whistle": {"pitch": (2_300, 3_200), "path": (1, 1), "beating": (32, .8)}, "wolf whistle": {"path": (.7, 1.6, .7, 1.3, .6)}}, seconds=(.6, 2.5), size=_LOW),
    # explosions and effects
    Kind("gunshot", "explosions", blast, {"fall": (.08, .2), "darkness": .1}, "{size} gunshot|{variant} shot|{size} {variant} gunshot",
         {"pistol": {}, "rifle": {"fall": (.15, .3)}, "cannon": {"darkness": .6, "fall": (.4, .6)}}, seconds=(.5, 1.8)),
    Kind("explosion", "explosions", blast, {"fall": (.5, 1.1), "darkness": .5, "rolls": 2, "spread": .08},
         "{size} explosion|{size} bomb explosion|{force} {size} blast", seconds=(1.5, 4)),
    Kind("firework", "explosions", blast, {"fall": (.12, .3), "darkness": .3, "rolls": 1}, "{rate} fireworks|{size} firework bangs|fireworks {variant}",
         {"at night": {}, "display": {}}, repeats=(1, 3.5), event_s=(.7, 1), jitter=.5),
    Kind("whoosh", "effects", air, {"centre": (500, 2_000), "path": (.6, 1.3, 1.8, 1.1, .5), "width": .6, "shape": (0, .2, 1, .3, 0)},
         "{size} whoosh|{size} {variant} swish|whoosh of {variant}", {"sword": {"centre": (2_000, 4_000)}, "stick": {}, "arrow": {"width": .25}}, seconds=(.5, 1.2)),
    Kind("whip", "effects", blast, {"fall": (.012, .03), "darkness": 0}, "{size} whip crack|{rate} whip cracks", repeats=(.8, 2.4), event_s=(.2, .3), seconds=(.5, 2)),
    Kind("laser", "effects", notes, {"pitch": (900, 2_600), "path": (2.5, 1, .45, .25, .15), "overtones": _BRIGHT, "edges": (.003, .05)},
         "{size} laser gun|{rate} laser shots|science fiction laser", repeats=(1.2, 5), event_s=(.18, .35), seconds=(.5, 2)),
    Kind("morse", "effects", notes, {"pitch": (500, 1_100), "edges": (.004, .004)}, "{rate} morse code|{size} morse code beeps|telegraph morse {rate}",
         repeats=(2.5, 6), event_s=(.05, .12), pattern=(0, .4), jitter=.15, size=_LOW),
    # music
    Kind("bell", "music", struck, {"ratios": _BELL, "pitch": (180, 1_400), "fall": (1.0, 2.2), "mallet": .001},
         "{size} bell ringing|{rate} {size} bell|{variant} bell ringing", {"church": {"pitch": (140, 420)}, "hand": {"pitch": (700, 1_800)}, "school": {"fall": (.6, 1)}}, repeats=(.4, 2), event_s=(2.5, 3.5), seconds=(2, 4)),
    Kind("gong", "music", struck, {"ratios": _PLATE, "pitch": (70, 200), "fall": (1.5, 2.5), "damping": .5, "mallet": .006},
         "{size} gong|{force} gong hit|{size} gong ringing", seconds=(2.5, 4)),
    Kind("cymbal", "music", struck, {"ratios": _PLATE, "pitch": (320, 620), "fall": (.3, .9), "damping": .1, "mallet": .0004, "fuzz": 1.2},
         "{size} cymbal|{variant} cymbal|{force} cymbal hit", {"crash": {"fall": (.8, 1.2)}, "hi hat": {"fall": (.03, .08), "pitch": (500, 800)}}, seconds=(.8, 3)),
    Kind("snare", "music", struck, {"ratios": _SKIN, "pitch": (160, 280), "fall": (.05, .1), "fuzz": 1.0},
         "{rate} snare drum|{force} snare hits|{rate} snare drumming", repeats=(2, 9), event_s=(.2, .3), jitter=.03),
    Kind("kick", "music", struck, {"ratios": (1, 1.6), "pitch": (45, 90), "fall": (.08, .18), "mallet": .003, "skin": 1.2},
         "{size} kick drum|{rate} bass drum|{rate} kick drum beat", repeats=(1, 3), event_s=(.3, .5), jitter=.01),
    Kind("drum", "music", struck, {"ratios": _SKIN, "pitch": (90, 330), "fall": (.12, .3), "mallet": .002, "skin": .3},
         "{size} drum|{rate} {variant} drumming|{size} {variant} drum", {"hand": {"fall": (.06, .1)}, "tom": {}, "jungle": {}}, repeats=(1.5, 6), event_s=(.3, .5), pattern=(0, .5, .75), jitter=.03),
    Kind("marimba", "music", struck, {"ratios": (1, 3.95, 9.8), "pitch": (200, 900), "fall": (.15, .4), "mallet": .001},
         "{size} marimba|{rate} marimba notes|{size} {variant} note", {"marimba": {}, "xylophone": {"pitch": (600, 1_900), "ratios": (1, 3, 6.1)}}, repeats=(1, 5), event_s=(.5, .8), jitter=.02, size="high/low"),
    Kind("piano", "music", struck, {"ratios": _STRING, "pitch": (80, 900), "fall": (.8, 1.6), "damping": .7, "mallet": .002},
         "{size} piano note|{force} piano|{rate} {size} piano notes", repeats=(.5, 3), event_s=(1, 2), size="high/low"),
    Kind("guitar", "music", strummed, {"pitch": (90, 330), "chord": (1, 1.25, 1.5, 2), "bright": (.3, .7), "fall": (1, 3)},
         "{variant} guitar chord|{rate} guitar strumming|{size} {variant} guitar", {"acoustic": {}, "bass": {"pitch": (40, 90), "chord": (1,)}, "steel": {"bright": (.8, 1)}}, repeats=(.6, 3), event_s=(.8, 2), size="high/low"),
    Kind("harp", "music", strummed, {"pitch": (250, 1_000), "chord": (1,), "bright": (.15, .4), "fall": (.5, 1.2)},
         "{rate} plucked string|{size} {variant} plucked|{variant} {rate}", {"harp": {}, "banjo": {"bright": (.9, 1), "fall": (.12, .25)}}, repeats=(1.5, 6), event_s=(.5, 1), size="high/low"),
    Kind("organ", "music", notes, {"pitch": (110, 520), "overtones": (1, .7, .4, .5, 0, .3, 0, .4), "chord": (1, 1.26, 1.5), "edges": (.05, .15)},
         "{size} organ chord|{variant} organ|{size} organ playing", {"church": {}, "electric": {"vibrato": (6, .006), "beating": (6, .3)}}, size="high/low"),
    Kind("flute", "music", notes, {"pitch": (350, 1_400), "overtones": _MELLOW, "vibrato": (5, .008), "breath": .15, "edges": (.08, .1)},
         "{size} flute note|{rate} flute melody|{variant} flute", {"wooden": {"breath": .35}, "silver": {}}, repeats=(.5, 2.5), event_s=(.5, 1), size="high/low"),
    Kind("trumpet", "music", notes, {"pitch": (200, 800), "overtones": (.7, .9, 1, .8, .7, .5, .4, .3, .2), "vibrato": (5, .006), "edges": (.04, .06), "path": (.97, 1, 1, 1)},
         "{size} trumpet note|{force} trumpet|{size} {variant} fanfare", {"trumpet": {}, "trombone": {"pitch": (80, 300)}, "bugle": {}}, repeats=(.6, 3), event_s=(.3, .9), size="high/low"),
    Kind("violin", "music", notes, {"pitch": (200, 1_100), "overtones": tuple(1 / k for k in range(1, 16)), "vibrato": (6, .015), "breath": .04, "edges": (.12, .15)},
         "{size} violin note|{size} {variant} bowed|{force} {variant}", {"violin": {}, "cello": {"pitch": (70, 300)}}, repeats=(.5, 1.5), event_s=(.6, 1.6), size="high/low"),
)
# fmt: on
