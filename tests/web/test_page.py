"""The page in headless Chromium against a running server."""

import io

import numpy as np
import pytest
import soundfile

pytestmark = [pytest.mark.slow, pytest.mark.browser]

WIDE, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}


def wav(seconds=3.0, container="WAV"):
    buffer = io.BytesIO()
    time = np.arange(round(16_000 * seconds)) / 16_000
    noise = 0.05 * np.random.default_rng(0).standard_normal(time.size)
    soundfile.write(buffer, 0.3 * np.sin(2760 * time) + noise, 16_000, format=container)
    return {
        "name": "<img src=x onerror=alert(1)>.wav",
        "mimeType": "audio/wav",
        "buffer": buffer.getvalue(),
    }


def heard(page, file=None):
    page.set_input_files("#file", [file or wav()])
    page.wait_for_selector("#heard:not([hidden])")


def until(page, condition):
    """Wait until a condition in JavaScript holds."""
    page.wait_for_function(f"() => {condition}")


def position(page):
    return float(page.get_attribute("#time", "aria-valuenow"))


def test_an_upload_is_shown_played_and_described_in_own_words(open_page):
    page = open_page()
    heard(page)
    assert page.inner_text("#heard-name") == wav()["name"]
    assert page.locator("#heard-words .chip").count() > 0
    n_rows = page.locator("#row-labels li").count()
    assert n_rows > 0
    painted = page.evaluate(
        "['wave', 'mel', 'rows'].map((id) => { const c = document.getElementById(id);"
        " const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;"
        " return new Set(new Uint32Array(d.buffer)).size; })"
    )
    assert all(n_colours > 1 for n_colours in painted), painted
    box = page.locator("#time").bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + 20)
    assert position(page) == pytest.approx(1.5, abs=0.05)
    page.click("#play")
    until(page, "said.includes('play Pause')")
    until(page, "Number(document.getElementById('time').ariaValueNow) > 1.6")
    page.wait_for_selector("#play[aria-label=Play]")
    assert position(page) == pytest.approx(3, abs=0.05)
    page.fill("#own", "thunder\nbell")
    page.click("#own-form button[type=submit]")
    until(page, "document.getElementById('own-status').textContent.includes('your words')")
    assert set(page.locator("#row-labels li").all_inner_texts()) <= {"thunder", "bell"}
    page.fill("#own", "bell\nbell")
    page.click("#own-form button[type=submit]")
    page.wait_for_selector("#own-status.bad")
    page.click("#own-reset")
    until(page, f"document.querySelectorAll('#row-labels li').length === {n_rows}")


def test_the_keyboard_alone_plays_and_moves(open_page):
    page = open_page()
    heard(page, wav(20.0))  # long, so that it does not end between two keys
    page.focus("#time")
    for key, expected in (
        ("ArrowRight", 1),
        ("ArrowRight", 2),
        ("ArrowLeft", 1),
        ("End", 20),
        ("Home", 0),
    ):
        page.keyboard.press(key)
        assert position(page) == pytest.approx(expected, abs=0.01)
    page.keyboard.press(" ")
    page.wait_for_selector("#play[aria-label=Pause]")
    page.keyboard.press(" ")
    page.wait_for_selector("#play[aria-label=Play]")
    page.locator("nav a", has_text="Search").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("#search:not([hidden])")
    assert page.evaluate("document.activeElement.id") == "search-title"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "text"


def test_bad_files_are_told_and_the_page_goes_on(open_page):
    page = open_page()
    with page.expect_response("**/api/hearings**"):
        page.set_input_files(
            "#file", [{"name": "x.wav", "mimeType": "audio/wav", "buffer": wav()["buffer"][:9000]}]
        )
    page.wait_for_selector("#listen-error:not([hidden])")
    assert "cannot be heard" in page.inner_text("#listen-error")
    page.set_input_files(
        "#file", [{"name": "x.wav", "mimeType": "audio/wav", "buffer": b"\0" * 1_100_000}]
    )
    until(page, "document.getElementById('listen-error').textContent.includes('larger than 1 MB')")
    heard(page)
    assert page.is_hidden("#listen-error")


def test_an_upload_that_browsers_do_not_play_is_played(open_page):
    page = open_page()
    with page.expect_response("**/api/played**"):
        heard(page, {**wav(container="AIFF"), "name": "x.aiff", "mimeType": "audio/aiff"})
    page.wait_for_selector("#unplayable", state="hidden")
    page.click("#play")
    until(page, "said.includes('play Pause')")
    until(page, "Number(document.getElementById('time').ariaValueNow) > 0.2")


def test_a_recording_is_heard(open_page):
    page = open_page()
    page.click("#record")
    until(page, "/0:0[1-9]/.test(document.getElementById('drop-hint').textContent)")
    page.click("#record")
    page.wait_for_selector("#heard:not([hidden])")
    assert page.inner_text("#heard-name").startswith("recording ")


def test_search_finds_plays_and_goes_on_by_example(open_page):
    page = open_page("search")
    page.fill("#text", "dog bark")
    page.press("#text", "Enter")
    page.wait_for_selector("#results li")
    assert page.locator("#results h2").first.inner_text().startswith("dog bark")
    page.locator("#results li button").first.click()
    page.wait_for_selector("#player:not([hidden])")
    until(page, "said.includes('player-play Pause')")
    page.wait_for_selector("#player-play[aria-label=Play]")
    shown, whole = page.inner_text("#player-clock").split(" / ")
    assert shown == whole in {"0:00.6", "0:00.8", "0:01.0", "0:01.2"}
    page.get_by_role("button", name="More like").first.click()
    page.wait_for_selector("#like:not([hidden])")
    until(page, "document.querySelector('#results .near').textContent === '1.00'")
    page.click("#more summary")
    page.fill("#licence", "none such")
    page.click("#ask button[type=submit]")
    until(page, "document.getElementById('search-status').textContent.startsWith('Nothing found')")
    page.fill("#licence", "")
    page.set_input_files("#like-file", [wav()])
    page.wait_for_selector("#results li")
    page.get_by_role("button", name="Words over time of").first.click()
    page.wait_for_selector("#heard:not([hidden])")
    page.click("#find-like")
    until(page, "document.querySelector('#results .near').textContent === '1.00'")


def test_the_map_is_walked_heard_and_listed(open_page):
    page = open_page("map")
    page.wait_for_selector("#map-body:not([hidden])")
    page.focus("#map-canvas")
    page.keyboard.press("ArrowRight")
    told = page.inner_text("#map-selected")
    assert ".wav" in told.lower() or ".ogg" in told or ".aiff" in told or ".flac" in told
    page.keyboard.press("Enter")
    page.wait_for_selector("#player:not([hidden])")
    assert page.inner_text("#player-name") in told
    page.keyboard.press("Escape")
    assert page.is_hidden("#map-tip")
    page.check("#hover")
    place = page.evaluate(
        "(async () => { const { points } = await (await fetch('/api/map')).json();"
        " const c = document.getElementById('map-canvas').getBoundingClientRect();"
        " const u = Math.min(c.width, c.height) * 0.9;"
        " const s = Math.max(1, Math.min(1.8, c.width / c.height));"
        " const p = points[0]; return [c.x + c.width / 2 + (p.x - 0.5) * u * s,"
        " c.y + c.height / 2 + (p.y - 0.5) * u, p.name]; })()"
    )
    page.mouse.move(place[0], place[1])
    page.wait_for_selector("#map-tip:not([hidden])")
    page.wait_for_function(
        "name => document.getElementById('player-name').textContent === name", arg=place[2]
    )
    page.locator("#map-list summary").first.click()
    page.wait_for_selector("#map-list details[open] li")  # filled after the click, by an event
    page.locator("#legend button").first.click()
    assert page.locator("#legend button[aria-pressed=true]").count() == 1


CONTRAST = """() => {
  const rgb = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((v) => v / 255)
    .map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = (node) => {
    for (; node; node = node.parentElement) {
      const colour = rgb(getComputedStyle(node).backgroundColor);
      if (colour.length < 4 || colour[3] > 0) return colour;
    }
    return [255, 255, 255];
  };
  const bad = [];
  for (const node of document.querySelectorAll("body *")) {
    const text = [...node.childNodes].some((child) => child.nodeType === 3 && child.data.trim());
    if (!text || !node.offsetParent || node.disabled) continue;
    const [a, b] = [light(rgb(getComputedStyle(node).color)), light(ground(node))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) bad.push(`${node.textContent.slice(0, 30)} ${ratio.toFixed(2)}`);
  }
  return bad;
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [WIDE, PHONE], ids=["wide", "phone"])
def test_themes_and_widths_are_readable(open_page, scheme, viewport):
    page = open_page(viewport=viewport, color_scheme=scheme, reduced_motion="reduce")
    assert page.evaluate("document.documentElement.dataset.theme") == scheme
    heard(page)
    for part in ("listen", "search", "map"):
        page.goto(page.url.partition("#")[0] + f"#{part}")
        page.wait_for_selector(f"#{part}:not([hidden])")
        if part == "search":
            page.click("#more summary")
            page.fill("#text", "dog")
            page.press("#text", "Enter")
            page.wait_for_selector("#results li")
            page.locator("#results li button").first.click()
        if part == "map":
            page.wait_for_selector("#map-body:not([hidden])")
        assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
        assert page.evaluate(CONTRAST) == []
    page.click("#theme")
    other = page.evaluate("document.documentElement.dataset.theme")
    assert {scheme, other} == {"light", "dark"}
    page.reload()
    page.wait_for_selector("body[data-ready]")
    assert page.evaluate("document.documentElement.dataset.theme") == other


UNNAMED = """() => [...document.querySelectorAll("button, input, select, textarea, a, [tabindex]")]
  .filter((node) => node.tabIndex === 0)
  .filter((node) => !node.getAttribute("aria-label") && !node.getAttribute("aria-labelledby"))
  .filter((node) => !node.textContent.trim() && !node.labels?.length)
  .map((node) => node.outerHTML)"""


def test_every_control_has_a_name_and_headings_are_in_order(open_page):
    page = open_page()
    heard(page)
    assert page.evaluate(UNNAMED) == []
    levels = page.evaluate(
        "[...document.querySelectorAll('#listen :is(h1, h2, h3)')].map((h) => +h.tagName[1])"
    )
    assert levels == [1, 2, 3, 3]
    landmarks = "header, nav[aria-label], main, footer, form[role=search], #player[role=region]"
    assert page.locator(landmarks).count() == 6
