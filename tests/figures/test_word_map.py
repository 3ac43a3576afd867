"""What the page draws, and that it needs nothing but itself."""

import json
import re
import shutil
import subprocess
from html.parser import HTMLParser

import numpy as np
import pytest

from semdnn.figures.word_map import MAP_HEIGHT, MAP_WIDTH, lay_out, word_map_page

POSITIONS = np.array([[0.0, 0.0], [10.0, 0.0], [10.0, 5.0], [0.0, 5.0], [5.0, 2.5]])
WORDS = ("dog", "bark", "<b>&amp;", "rain", "fire truck")
COUNTS = np.array([5, 20, 1, 7, 7])
CLUSTERS = np.array([4, 4, 9, 2, 9])
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")

SCRIPT = """<script>
const at = i => { const [x, y] = place(marks[i]), box = svg.getBoundingClientRect();
  return {clientX: box.left + x * box.width / WIDTH, clientY: box.top + y * box.width / WIDTH}; };
const shown = {names: [...names.children].map(text => text.textContent)};
svg.dispatchEvent(new PointerEvent("pointermove", at(1)));
shown.tip = tip.hidden ? "" : tip.textContent;
svg.dispatchEvent(new KeyboardEvent("keydown", {key: "+"}));
shown.zoom = view.k;
svg.dispatchEvent(new KeyboardEvent("keydown", {key: "0"}));
shown.whole = view;
byId("search").value = "TRUCK";
byId("search").dispatchEvent(new Event("input"));
shown.listed = [...document.querySelectorAll("li:not([hidden]) button")].map(b => b.dataset.i);
byId("search").dispatchEvent(new KeyboardEvent("keydown", {key: "Enter"}));
shown.found = byId("found").textContent;
shown.centre = place(marks[chosen]);
const result = document.createElement("pre");
result.id = "result"; result.textContent = JSON.stringify(shown);
document.body.append(result);
</script>"""


@pytest.fixture
def drawn():
    return lay_out(POSITIONS, WORDS, COUNTS, CLUSTERS)


@pytest.fixture
def page(drawn):
    return word_map_page(drawn, title="Words <here>", note="t-SNE of mine.")


class Elements(HTMLParser):
    """Start tags with their attributes, in order."""

    def __init__(self, page):
        super().__init__()
        self.tags = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))


def test_words_come_by_count_and_keep_their_numbers(drawn):
    assert [mark.word for mark in drawn.marks] == ["bark", "rain", "fire truck", "dog", "<b>&amp;"]
    assert [mark.n_sounds for mark in drawn.marks] == [20, 7, 7, 5, 1]
    radii = [mark.r for mark in drawn.marks]
    assert radii == sorted(radii, reverse=True)


def test_clusters_come_by_occurrences_and_hold_every_word_once(drawn):
    assert [(c.name, c.n_occurrences) for c in drawn.clusters] == [
        ("bark, dog", 25),
        ("fire truck, <b>&amp;", 8),
        ("rain", 7),
    ]
    assert [c.words for c in drawn.clusters] == [(0, 3), (2, 4), (1,)]
    assert all(drawn.marks[i].cluster == c for c, own in enumerate(drawn.clusters) for i in own[2])
    assert len({c.light for c in drawn.clusters} | {c.dark for c in drawn.clusters}) == 6


def test_places_are_the_positions_scaled_turned_upright_and_centred(drawn):
    places = {mark.word: np.array([mark.x, mark.y]) for mark in drawn.marks}
    np.testing.assert_allclose(places["fire truck"], [MAP_WIDTH / 2, MAP_HEIGHT / 2])
    across, up = places["bark"] - places["dog"], places["rain"] - places["dog"]
    np.testing.assert_allclose(across, [2 * -up[1], 0], atol=0.2)
    assert up[1] < 0
    assert all(0 < x < MAP_WIDTH and 0 < y < MAP_HEIGHT for x, y in places.values())


def test_one_word_lies_in_the_middle():
    (mark,) = lay_out(np.zeros((1, 2)), ["dog"], np.array([0]), np.array([3])).marks
    assert (mark.x, mark.y) == (MAP_WIDTH / 2, MAP_HEIGHT / 2)


def test_what_does_not_pair_is_refused():
    with pytest.raises(ValueError, match="as many"):
        lay_out(POSITIONS, WORDS[:2], COUNTS, CLUSTERS)
    with pytest.raises(ValueError, match="as many"):
        lay_out(np.empty((0, 2)), (), np.empty(0, int), np.empty(0, int))


def test_the_page_draws_every_word_and_lists_it(page, drawn):
    tags = Elements(page).tags
    circles = [a for tag, a in tags if tag == "circle" and "cx" in a]
    assert [(a["class"], float(a["cx"]), float(a["cy"])) for a in circles] == [
        (f"c{mark.cluster}", mark.x, mark.y) for mark in drawn.marks
    ]
    listed = [int(a["data-i"]) for tag, a in tags if tag == "button" and "data-i" in a]
    assert listed == [0, 3, 2, 4, 1]
    assert sum(tag == "details" for tag, _ in tags) == 3


def test_the_page_needs_nothing_but_itself(page):
    tags = Elements(page).tags
    assert not re.search(r"https?:|//[a-z]+\.|@import|url\(", page)
    assert not any({"src", "href"} & set(attributes) for _, attributes in tags)
    assert "default-src 'none'" in page
    assert "<b>" not in page
    assert "<title>Words &lt;here&gt;</title>" in page


def test_the_same_words_give_the_same_page(page, drawn):
    assert page == word_map_page(drawn, title="Words <here>", note="t-SNE of mine.")


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="no chromium here")
def test_hovering_zooming_and_searching(page, tmp_path):
    path = tmp_path / "map.html"
    path.write_text(page.replace("</body>", SCRIPT + "</body>"), encoding="utf-8")
    options = ("--headless", "--no-sandbox", "--disable-gpu", "--dump-dom")
    done = subprocess.run(
        [CHROMIUM, *options, path.as_uri()], capture_output=True, text=True, check=True, timeout=300
    )
    found = re.search(r'<pre id="result">(.*?)</pre>', done.stdout, re.DOTALL)
    shown = json.loads(found[1].replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))
    assert sorted(shown["names"]) == sorted(WORDS)
    assert shown["tip"] == "rain: 7 sounds; cluster of rain"
    assert shown["zoom"] == pytest.approx(1.5)
    assert shown["whole"] == {"k": 1, "x": 0, "y": 0}
    assert shown["listed"] == ["2"]
    assert shown["found"] == "fire truck: 7 sounds; cluster of fire truck, <b>&amp;"
    assert shown["centre"] == pytest.approx([MAP_WIDTH / 2, MAP_HEIGHT / 2])
