"""The kinds of source: one row each of what it is made by, with what numbers, and its names.

In a title ``{size}``, ``{rate}`` and ``{force}`` stand for an adjective that follows the trait
(nothing where the trait is middling) and ``{variant}`` for the chosen variant; ``|`` separates
alternatives. Adjectives are given as "low/high", with commas between synonyms.
"""

# ruff: noqa: E501 - a table of one row a kind is read as one when its rows are long

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from semdnn.datasets.procedural.sources import (
    Air,
    Blast,
    Drops,
    Machine,
    Notes,
    Rubbed,
    Source,
    Stepped,
    Struck,
    Strummed,
    Texture,
    Voice,
)
from semdnn.datasets.procedural.synthesis import Range


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of source; ranges are limits that a trait or chance chooses between."""

    name: str
    category: str
    source: Source  # makes one event
    titles: str
    variants: Mapping[str, Mapping[str, Any]] = field(default_factory=lambda: {"": {}})
    # ^ a variant as said in the title → the fields of `source` that it changes
    repeats: Range | None = None  # a second, slow … fast; None: one event fills the sound
    event_s: Range | None = None  # length of a repeated event; None: the whole period
    pattern: tuple[float, ...] = (0.0,)  # when events fall, in shares of the period
    jitter: float = 0.1  # relative irregularity of the period
    seconds: Range = (1.0, 4.0)  # length of the sound
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

# Laid out by hand, two or three lines a row.
# fmt: off
KINDS: tuple[Kind, ...] = (
    Kind("rain", "weather", Texture(band=(900, 7_000), bed=.5, grains=(60, 1_500)),
         "{force} rain|{force} rain on {variant}|{force} rain falling on {variant}|{force} rainfall", {"tin roof": {"body": (900, 2_100, 3_300)},
         "leaves": {"grain_band": (2_500, 7_000)}, "pavement": {}, "umbrella": {"body": (350, 600), "bed": .3}}, force="light,gentle/heavy"),
    Kind("wind", "weather", Air(centre=(250, 900), width=.35, drift=(1.5, .35)),
         "{force} wind|{force} wind howling {variant}|{force} wind blowing {variant}", {"through trees": {"hiss": .6, "width": .8},
         "in chimney": {"width": .1, "hiss": .03}, "across desert": {}}, seconds=(2, 4), force="gentle,light/strong"),
    Kind("thunder", "weather", Blast(fall=(.5, 1.0), darkness=.65, rolls=6, spread=.35),
         "{force} thunder|{force} thunder {variant}|thunderstorm, {force} thunder {variant}", {"rumble": {"darkness": .9},
         "clap": {"darkness": .3, "rolls": 3}}, seconds=(2.5, 4)),
    Kind("waves", "water", Air(centre=(500, 1_200), width=1.6, drift=(1, .2), shape=(.15, .4, 1, .6, .2, .3, .8, .5, .15)),
         "{force} ocean waves|{force} waves on {variant}|sea waves breaking on {variant}", {"beach": {}, "rocks": {"hiss": .4}}, seconds=(3, 4),
         force="gentle,calm/heavy,strong"),
    Kind("stream", "water", Drops(drops=(60, 110), pitch=(400, 1_500), fall=(.005, .02), bed=.3),
         "{rate} stream flowing|{rate} river water|{rate} {size} stream with water flowing over rocks", size="small/wide"),
    Kind("drip", "water", Drops(drops=(6, 7), pitch=(700, 2_500), fall=(.012, .03)),
         "{rate} water dripping|{rate} water drip {variant}|{rate} dripping tap", {"in sink": {}, "in cave": {"fall": (.03, .06)}}, repeats=(.8, 4),
         event_s=(.12, .2), jitter=.15),
    Kind("bubbles", "water", Drops(drops=(8, 30), pitch=(200, 900), fall=(.015, .04)),
         "{rate} {size} bubbles|{size} bubbles underwater|water bubbling {variant}", {"in tank": {}, "in pot": {"bed": .15}}),
    Kind("fire", "fire", Texture(band=(60, 500), bed=.15, drift=(4, .3), grains=(8, 80), grain_s=.002),
         "{force} fire crackling|{force} fire burning|{size} {variant} burning and crackling", {"campfire": {}, "fireplace": {"bed": .3}},
         force="gentle/roaring"),
    Kind("dog", "animals", Voice(pitch=(180, 650), path=(.7, 1.15, 1, .6), formants=(750, 1_400, 2_700), mouth=(.2, 1, 1, .3), rough=.15, breath=.3,
         edges=(.015, .06)), "{size} dog barking|{size} dog bark|{rate} barking of {size} dog|{size} dog {variant}", {"barking": {},
         "yapping": {"path": (1, 1.5, 1.3)}}, repeats=(1, 3.5), event_s=(.12, .25), jitter=.2, seconds=(.6, 3)),
    Kind("cat", "animals", Voice(pitch=(350, 850), path=(.8, 1.15, 1.2, 1.05, .8), formants=(900, 1_900, 3_400), mouth=(0, .6, 1, .8, .1), breath=.03,
         edges=(.08, .15)), "{size} cat meowing|{size} cat meow|{variant} meow", {"kitten": {"pitch": (700, 1_200)}, "cat": {}}, repeats=(.5, 1.2),
         event_s=(.5, .9)),
    Kind("cow", "animals", Voice(pitch=(75, 160), path=(.85, 1, 1.1, 1), formants=(320, 750, 2_000), mouth=(0, .2, .8, 1, .6), edges=(.15, .3)),
         "{size} cow mooing|{size} cow moo|cow moo {variant}", {"in barn": {}, "on farm": {}}, seconds=(1.2, 3)),
    Kind("sheep", "animals", Voice(pitch=(180, 420), path=(1, 1.05, .95), formants=(800, 1_500, 2_600), tremolo=(8, .6), rough=.04, edges=(.05, .12)),
         "{size} sheep bleating|sheep baa|{size} {variant} bleat", {"goat": {"tremolo": (11, .8)}, "sheep": {}, "lamb": {"pitch": (350, 600)}},
         repeats=(.6, 1), event_s=(.7, 1.1)),
    Kind("frog", "animals", Voice(pitch=(45, 110), path=(1, 1.2, 1.1), formants=(600, 1_300, 2_600), mouth=(.5, 1, .8), tremolo=(26, .5),
         edges=(.02, .03)), "{size} frog croaking|{rate} frog croak|{size} frog in swamp", repeats=(.9, 2.5), event_s=(.2, .4)),
    Kind("bird", "birds", Notes(pitch=(2_200, 5_500), path=(1.2, .8, 1.1), edges=(.01, .02), vibrato=(28, .05)),
         "{size} bird chirping|{size} bird {variant}|{rate} bird song", {"tweeting": {"path": (.8, 1.3)}, "singing": {"path": (1, 1.2, .8, 1.2)},
         "chirping": {}}, repeats=(1.2, 3.5), event_s=(.07, .16), pattern=(0, .42), jitter=.25),
    Kind("crow", "birds", Voice(pitch=(280, 480), path=(.9, 1.05, .9), formants=(1_300, 1_900, 3_300), rough=.3, breath=.5, edges=(.03, .08)),
         "{size} crow cawing|crow caw|{rate} cawing crows", repeats=(.9, 2), event_s=(.28, .42)),
    Kind("rooster", "birds", Voice(pitch=(500, 850), path=(.7, 1, .75, .8, 1.15, 1.1, 1.2, 1.15, .7), formants=(1_100, 2_200, 3_300),
         mouth=(.2, 1, .1, .8, .2, 1, 1, 1, .2), rough=.06), "rooster crowing|{size} rooster crow|rooster on farm in the morning",
         seconds=(1.4, 2.4)),
    Kind("cricket", "insects", Notes(pitch=(3_800, 6_000), edges=(.004, .008), overtones=(1, .2)),
         "{rate} cricket chirping|crickets at night|{size} cricket", repeats=(1.5, 4), event_s=(.02, .03), pattern=(0, .13, .26), jitter=.02),
    Kind("fly", "insects", Notes(pitch=(120, 320), path=(1, 1.06, .95, 1.02), overtones=_BRIGHT, vibrato=(5, .03), beating=(1.3, .5), edges=(.2, .3)),
         "{size} fly buzzing|{size} {variant} buzzing|buzzing {size} insect", {"bee": {}, "fly": {}, "mosquito": {"pitch": (450, 750)}}),
    Kind("engine", "vehicles", Machine(cycle=(22, 75), body=(90, 240, 600), hiss=.15),
         "{size} {variant} engine|{size} {variant} engine running|{rate} {variant} motor", {"car": {}, "truck": {"body": (50, 130, 330)},
         "boat": {"hiss": .4}}, rate="slow,idling/fast"),
    Kind("helicopter", "vehicles", Machine(cycle=(9, 18), body=(70, 160), hiss=1.2, hiss_band=(100, 2_500), puff=.95),
         "{size} helicopter flying|{size} helicopter rotor {rate}|helicopter overhead"),
    Kind("train", "vehicles", Struck(ratios=_PLATE[:6], pitch=(180, 320), fall=(.03, .06), mallet=.004, fuzz=.5),
         "{rate} train passing|train on rails, {rate}|{rate} {variant} on tracks", {"train": {}, "tram": {"pitch": (350, 600)}}, repeats=(.8, 2.4),
         event_s=(.2, .25), pattern=(0, .18), jitter=.02, seconds=(2, 4)),
    Kind("horn", "vehicles", Notes(pitch=(300, 520), overtones=_BRIGHT, chord=(1, 1.26)),
         "{size} car horn|{variant} car horn honking|{size} horn honk", {"short": {"edges": (.01, .02)}, "": {}}, repeats=(.7, 2), event_s=(.25, .6)),
    Kind("siren", "alarms", Notes(pitch=(500, 1_100), path=(.7, 1.4, .7), overtones=_HOLLOW),
         "{rate} {variant} siren|{variant} siren wailing|{rate} siren", {"police": {}, "ambulance": {"path": (1, 1, 1, 1.33, 1.33, 1.33)},
         "fire truck": {"pitch": (350, 700)}}, repeats=(.3, 3), jitter=0, seconds=(2, 4)),
    Kind("bicycle_bell", "vehicles", Struck(ratios=(1, 1.02, 2.3, 3.6), pitch=(1_600, 3_000), fall=(.3, .6), fuzz=.05),
         "{size} bicycle bell|bike bell {rate} ringing", repeats=(1, 3), event_s=(.7, 1), pattern=(0, .15, .3), jitter=.05),
    Kind("vacuum", "home", Machine(cycle=(60, 130), body=(400, 1_100), hiss=1.2, whine=.4, puff=.05, uneven=.005),
         "{size} vacuum cleaner|vacuum cleaner running|{force} hoover vacuum"),
    Kind("fan", "home", Machine(cycle=(9, 30), body=(120, 260), hiss=1.5, hiss_band=(150, 1_500), puff=.5, uneven=.01),
         "{rate} fan spinning|{size} electric fan|{rate} {size} ventilator fan"),
    Kind("drill", "tools", Machine(cycle=(70, 180), body=(900, 2_300), path=(.3, 1, 1, .9, 1), hiss=.3, whine=1.0, uneven=.01),
         "{rate} electric drill|{size} power drill on {variant}|drilling in {variant}", {"wood": {}, "metal": {"body": (2_600, 4_100), "hiss": .7}}),
    Kind("saw", "tools", Rubbed(band=(1_200, 6_000), teeth=(90, 220), path=(.5, 1, .6), grit=.7, body=(900, 2_600, 4_200), edges=(.08, .1)),
         "{rate} hand saw|{rate} sawing {variant}|{size} saw cutting {variant}", {"wood": {}, "metal": {"body": (3_100, 4_700, 5_900), "ring": .03}},
         repeats=(1.2, 3.5), event_s=(.2, .35), jitter=.04),
    Kind("hammer", "tools", Struck(ratios=_BAR, pitch=(600, 1_500), fall=(.03, .08), fuzz=.4),
         "{rate} hammer|{force} hammering on {variant}|{rate} hammer hits {variant}", {"wood": {"pitch": (200, 450), "fall": (.015, .03)},
         "metal": {"fall": (.1, .3)}, "nail": {}}, repeats=(1, 4), event_s=(.3, .5), jitter=.06, force="gentle/hard"),
    Kind("knock", "home", Struck(ratios=_WOOD, pitch=(110, 260), fall=(.02, .04), mallet=.003, fuzz=.08),
         "{rate} knocking on door|{force} door knock|knock on {variant} door", {"wooden": {}, "metal": {"ratios": _PLATE[:8], "fall": (.08, .15)}},
         repeats=(2, 6), event_s=(.2, .25), jitter=.05, seconds=(.6, 2), force="gentle,soft/hard,loud"),
    Kind("creak", "home", Rubbed(band=(300, 3_000), teeth=(18, 70), path=(.5, 1.1, .8, 1.7, 1.2), grit=.05, body=(420, 780, 1_400, 2_300), ring=.012),
         "{rate} door creaking|{size} {variant} door creak|squeaky {size} door", {"wooden": {},
         "rusty": {"teeth": (120, 420), "body": (1_100, 2_300, 3_300)}}, seconds=(1, 3)),
    Kind("telephone", "home", Notes(pitch=(900, 1_700), chord=(1, 1.25), beating=(20, .9), overtones=(1, .3, .4)),
         "{variant} telephone ringing|phone ring|{rate} {variant} phone ringing", {"old": {},
         "electronic": {"beating": (14, .5), "overtones": _HOLLOW}}, repeats=(.4, .9), event_s=(.8, 1), jitter=0, seconds=(1.2, 4)),
    Kind("alarm", "alarms", Notes(pitch=(1_600, 3_200), overtones=_HOLLOW, edges=(.003, .005)),
         "{rate} alarm clock beeping|{rate} digital alarm|alarm clock in bedroom", repeats=(.8, 2.2), event_s=(.06, .09), pattern=(0, .18, .36),
         jitter=0),
    Kind("clock", "home", Struck(ratios=_BAR, pitch=(1_300, 3_500), fall=(.006, .015), mallet=.0005),
         "{size} clock ticking|{rate} clock tick tock|{size} {variant} ticking", {"wall clock": {}, "pocket watch": {"pitch": (3_000, 5_000)}},
         repeats=(1, 4), event_s=(.08, .1), pattern=(0, .48), jitter=.005),
    Kind("keyboard", "home", Struck(ratios=_WOOD, pitch=(900, 2_200), fall=(.004, .009), mallet=.0006, fuzz=.5),
         "{rate} typing on {variant}|{rate} keyboard typing|{variant} typing {rate}", {"computer keyboard": {},
         "typewriter": {"fall": (.015, .03), "fuzz": .9}}, repeats=(4, 11), event_s=(.05, .07), jitter=.4),
    Kind("mouse_click", "home", Struck(ratios=_BAR, pitch=(1_800, 3_200), fall=(.002, .004), mallet=.0004),
         "{rate} mouse clicks|computer mouse click|{rate} mouse clicking", repeats=(1, 3), event_s=(.03, .04), pattern=(0, .25), jitter=.3,
         seconds=(.5, 2)),
    Kind("zip", "home", Rubbed(band=(2_500, 7_000), teeth=(60, 190), path=(.6, 1.3, 1.8), grit=.8, body=(3_300, 5_200), ring=.004),
         "{rate} zip|{size} zipper {variant}|{rate} zipper on {variant}", {"jacket": {}, "bag": {}, "tent": {"path": (.8, 1, .9, 1.1)}},
         seconds=(.5, 1.4)),
    Kind("paper", "home", Texture(band=(1_500, 7_000), bed=.05, drift=(12, .8), grains=(90, 500), grain_band=(1_800, 6_500), grain_s=.0025),
         "{force} paper crumpling|{variant} crumpled|{force} {variant} rustle", {"paper": {}, "plastic bag": {"grain_band": (3_500, 7_500)},
         "newspaper": {"grain_band": (900, 4_500)}}, force="gentle/hard"),
    Kind("coin", "objects", Struck(ratios=(1, 1.53, 2.2), pitch=(2_600, 5_000), fall=(.04, .1), mallet=.0003),
         "{size} coin dropped on {variant}|{size} coins falling|coin drop", {"table": {"fuzz": .1}, "floor": {}}, repeats=(1.5, 4), event_s=(.3, .5),
         pattern=(0, .35, .57, .7, .78), jitter=.2, seconds=(.6, 2)),
    Kind("glass_break", "objects", Drops(drops=(40, 90), pitch=(2_000, 3_500), fall=(.01, .06), rise=(1, 1), onset=.25),
         "{size} glass breaking|{size} {variant} smashing|{variant} breaking", {"window": {"drops": (100, 160)}, "bottle": {},
         "plate": {"pitch": (1_000, 1_900), "fall": (.006, .02)}}, seconds=(.8, 2)),
    Kind("footsteps", "human", Stepped(ground=(400, 3_000), grains=0, thud=.6),
         "{rate} footsteps on {variant}|footsteps on {variant}|{rate} walking on {variant}|{force} steps on {variant}",
         {"gravel": {"ground": (1_200, 5_000), "grains": 500}, "wood": {"ground": (150, 900), "thud": 1.5},
         "snow": {"ground": (700, 2_600), "grains": 1_800, "thud": .1}, "concrete": {"ground": (1_500, 5_000)},
         "dry leaves": {"ground": (3_500, 7_500), "grains": 350, "thud": .2}}, repeats=(1.1, 3), event_s=(.22, .28), jitter=.05, seconds=(1.5, 4),
         force="soft,light/heavy"),
    Kind("clap", "human", Struck(ratios=(1, 1.4, 2.1), pitch=(700, 1_500), fall=(.003, .006), mallet=.001, fuzz=1.5),
         "{rate} hand claps|{rate} clapping hands|{force} clap", repeats=(1.2, 4.5), event_s=(.15, .2), jitter=.04, force="soft/loud"),
    Kind("applause", "human", Texture(band=(700, 4_000), bed=.25, drift=(1.5, .25), grains=(40, 700), grain_band=(900, 3_000), grain_s=.007),
         "{force} applause|crowd applauding, {force}|audience applause in {variant}", {"theater": {}, "concert hall": {}}, seconds=(2, 4),
         force="polite/loud,enthusiastic"),
    Kind("heartbeat", "human", Struck(ratios=(1, 1.5), pitch=(45, 75), fall=(.04, .06), mallet=.012), "{rate} heartbeat|{rate} human heart beating",
         repeats=(.8, 2.2), event_s=(.25, .3), pattern=(0, .33), jitter=.02, seconds=(2, 4)),
    Kind("breath", "human", Air(centre=(900, 1_900), width=1.2, shape=(0, .7, 1, .4, 0, 0, .5, .8, .2, 0), path=(1.2, 1.3, 1, .8, .7)),
         "{rate} breathing|{force} breath|person breathing {variant}", {"through nose": {"centre": (1_800, 3_200)}, "heavily": {"hiss": .5}},
         repeats=(.4, 1.1), event_s=(.8, 1.3), force="soft/heavy"),
    Kind("snore", "human", Voice(pitch=(28, 60), path=(.8, 1, 1.1, .9), formants=(300, 900, 2_100), rough=.3, breath=1.0, edges=(.25, .2),
         mouth=(.2, .9, .3)), "{force} snoring|man snoring|{rate} snore", repeats=(.4, .7), event_s=(.8, 1.2), seconds=(2, 4)),
    Kind("choir", "human", Voice(pitch=(110, 420), path=(1, 1), formants=(700, 1_150, 2_700), tremolo=(5, .12), edges=(.25, .4)),
         "choir singing {variant}|{size} voice singing {variant}|{size} sung vowel {variant}", {"ah": {}, "ee": {"formants": (300, 2_250, 3_000)},
         "oh": {"formants": (450, 800, 2_600)}}, seconds=(1.5, 4), size="high/low"),
    Kind("whistle", "human", Notes(pitch=(900, 2_400), path=(.9, 1.3, 1.1, 1.5), breath=.12, overtones=(1, .05), edges=(.05, .08), vibrato=(5, .01)),
         "person whistling {size}|{variant}", {"whistling a tune": {},
         "referee whistle": {"pitch": (2_300, 3_200), "path": (1, 1), "beating": (32, .8)}, "wolf whistle": {"path": (.7, 1.6, .7, 1.3, .6)}},
         seconds=(.6, 2.5), size=_LOW),
    Kind("gunshot", "explosions", Blast(fall=(.08, .2), darkness=.1), "{size} gunshot|{variant} shot|{size} {variant} gunshot", {"pistol": {},
         "rifle": {"fall": (.15, .3)}, "cannon": {"darkness": .6, "fall": (.4, .6)}}, seconds=(.5, 1.8)),
    Kind("explosion", "explosions", Blast(fall=(.5, 1.1), darkness=.5, rolls=2, spread=.08),
         "{size} explosion|{size} bomb explosion|{force} {size} blast", seconds=(1.5, 4)),
    Kind("firework", "explosions", Blast(fall=(.12, .3), darkness=.3, rolls=1), "{rate} fireworks|{size} firework bangs|fireworks {variant}",
         {"at night": {}, "display": {}}, repeats=(1, 3.5), event_s=(.7, 1), jitter=.5),
    Kind("whoosh", "effects", Air(centre=(500, 2_000), path=(.6, 1.3, 1.8, 1.1, .5), width=.6, shape=(0, .2, 1, .3, 0)),
         "{size} whoosh|{size} {variant} swish|whoosh of {variant}", {"sword": {"centre": (2_000, 4_000)}, "stick": {}, "arrow": {"width": .25}},
         seconds=(.5, 1.2)),
    Kind("laser", "effects", Notes(pitch=(900, 2_600), path=(2.5, 1, .45, .25, .15), overtones=_BRIGHT, edges=(.003, .05)),
         "{size} laser gun|{rate} laser shots|science fiction laser", repeats=(1.2, 5), event_s=(.18, .35), seconds=(.5, 2)),
    Kind("morse", "effects", Notes(pitch=(500, 1_100), edges=(.004, .004)), "{rate} morse code|{size} morse code beeps|telegraph morse {rate}",
         repeats=(2.5, 6), event_s=(.05, .12), pattern=(0, .4), jitter=.15, size=_LOW),
    Kind("bell", "music", Struck(ratios=_BELL, pitch=(180, 1_400), fall=(1.0, 2.2), mallet=.001),
         "{size} bell ringing|{rate} {size} bell|{variant} bell ringing", {"church": {"pitch": (140, 420)}, "hand": {"pitch": (700, 1_800)},
         "school": {"fall": (.6, 1)}}, repeats=(.4, 2), event_s=(2.5, 3.5), seconds=(2, 4)),
    Kind("cymbal", "music", Struck(ratios=_PLATE, pitch=(320, 620), fall=(.3, .9), damping=.1, mallet=.0004, fuzz=1.2),
         "{size} cymbal|{variant} cymbal|{force} cymbal hit", {"crash": {"fall": (.8, 1.2)}, "hi hat": {"fall": (.03, .08), "pitch": (500, 800)}},
         seconds=(.8, 3)),
    Kind("snare", "music", Struck(ratios=_SKIN, pitch=(160, 280), fall=(.05, .1), fuzz=1.0),
         "{rate} snare drum|{force} snare hits|{rate} snare drumming", repeats=(2, 9), event_s=(.2, .3), jitter=.03),
    Kind("kick", "music", Struck(ratios=(1, 1.6), pitch=(45, 90), fall=(.08, .18), mallet=.003, skin=1.2),
         "{size} kick drum|{rate} bass drum|{rate} kick drum beat", repeats=(1, 3), event_s=(.3, .5), jitter=.01),
    Kind("drum", "music", Struck(ratios=_SKIN, pitch=(90, 330), fall=(.12, .3), mallet=.002, skin=.3),
         "{size} drum|{rate} {variant} drumming|{size} {variant} drum", {"hand": {"fall": (.06, .1)}, "tom": {}, "jungle": {}}, repeats=(1.5, 6),
         event_s=(.3, .5), pattern=(0, .5, .75), jitter=.03),
    Kind("marimba", "music", Struck(ratios=(1, 3.95, 9.8), pitch=(200, 900), fall=(.15, .4), mallet=.001),
         "{size} marimba|{rate} marimba notes|{size} {variant} note", {"marimba": {}, "xylophone": {"pitch": (600, 1_900), "ratios": (1, 3, 6.1)}},
         repeats=(1, 5), event_s=(.5, .8), jitter=.02, size="high/low"),
    Kind("piano", "music", Struck(ratios=_STRING, pitch=(80, 900), fall=(.8, 1.6), damping=.7, mallet=.002),
         "{size} piano note|{force} piano|{rate} {size} piano notes", repeats=(.5, 3), event_s=(1, 2), size="high/low"),
    Kind("guitar", "music", Strummed(pitch=(90, 330), chord=(1, 1.25, 1.5, 2), bright=(.3, .7), fall=(1, 3)),
         "{variant} guitar chord|{rate} guitar strumming|{size} {variant} guitar", {"acoustic": {}, "bass": {"pitch": (40, 90), "chord": (1,)},
         "steel": {"bright": (.8, 1)}}, repeats=(.6, 3), event_s=(.8, 2), size="high/low"),
    Kind("organ", "music", Notes(pitch=(110, 520), overtones=(1, .7, .4, .5, 0, .3, 0, .4), chord=(1, 1.26, 1.5), edges=(.05, .15)),
         "{size} organ chord|{variant} organ|{size} organ playing", {"church": {}, "electric": {"vibrato": (6, .006), "beating": (6, .3)}},
         size="high/low"),
    Kind("flute", "music", Notes(pitch=(350, 1_400), overtones=_MELLOW, vibrato=(5, .008), breath=.15, edges=(.08, .1)),
         "{size} flute note|{rate} flute melody|{variant} flute", {"wooden": {"breath": .35}, "silver": {}}, repeats=(.5, 2.5), event_s=(.5, 1),
         size="high/low"),
    Kind("trumpet", "music", Notes(pitch=(200, 800), overtones=(.7, .9, 1, .8, .7, .5, .4, .3, .2), vibrato=(5, .006), edges=(.04, .06),
         path=(.97, 1, 1, 1)), "{size} trumpet note|{force} trumpet|{size} {variant} fanfare", {"trumpet": {}, "trombone": {"pitch": (80, 300)},
         "bugle": {}}, repeats=(.6, 3), event_s=(.3, .9), size="high/low"),
    Kind("violin", "music", Notes(pitch=(200, 1_100), overtones=tuple(1 / k for k in range(1, 16)), vibrato=(6, .015), breath=.04,
         edges=(.12, .15)), "{size} violin note|{size} {variant} bowed|{force} {variant}", {"violin": {}, "cello": {"pitch": (70, 300)}},
         repeats=(.5, 1.5), event_s=(.6, 1.6), size="high/low"),
)
# fmt: on
