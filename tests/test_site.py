"""The site: two small notebooks become pages; Chromium opens them from the disk, with the network cut.

One build, and one page in one browser, serve all tests: a test leaves alone what another one looks at.
"""

import ast
import html.parser
import json
import re
import subprocess
import sys
import urllib.parse
from pathlib import Path
from types import SimpleNamespace

import nbformat
import numpy as np
import pytest
from click.testing import CliRunner

from gantheory import __main__
from gantheory._site import _build, _command, _course, _execute, _reference
from gantheory.live import pages
from gantheory.live.controls import plain
from gantheory.live.strip import Strip
from tests.browser import lab

PACKAGE = Path(pages.__file__).parents[1]
README = PACKAGE.parent / "README.md"

# What the notebook's cells and the tests here both know.
FIGURES = """
from types import SimpleNamespace
import numpy as np
from matplotlib.figure import Figure
from gantheory import games
from gantheory.live.controls import button, choice, slider, stops_slider
from gantheory.live.figure import LiveFigure
from gantheory.live.predict import Prediction
from gantheory.live.quiz import Question, Quiz
from gantheory.live.sketch import Sketch
from gantheory.live.stage import Stage
from gantheory.live.trainer import LiveTrainer

def line(width=3):
    figure = Figure(figsize=(width, 2))
    (line,) = figure.add_subplot(xlim=(0, 1), ylim=(0, 3)).plot([0, 1], [0, 0])
    return figure, line

def moved():
    figure, drawn = line()
    def update(height, kind):
        drawn.set_ydata([height, height])
        return f"a {kind} line at height {height:g}"
    controls = {"kind": choice("kind", ["flat", "level"]), "height": stops_slider("height $h$", [0, 1, 2.5], 1)}
    return LiveFigure(Stage(figure, [drawn]), update, controls)

def still():
    figure, drawn = line(width=9)
    return LiveFigure(Stage(figure, [drawn]), lambda kind: f"{kind} & <still>", {"kind": choice("kind", ["flat"])})

def picked():
    figure, drawn = line()
    def work(kind):
        return lambda: drawn.set_ydata([0, len(kind) / 4]) or f"a {kind} line"
    kinds = {"kind": choice("kind", ["flat", "steepest"])}
    return LiveFigure(Stage(figure, [drawn]), lambda kind: "not yet", kinds, work=work, beside=[button("Again", print)])

class Scene:
    def __init__(self):
        self.figure, drawn = line()
        self.artists = [drawn]
    def measure(self, game, state):
        return {}
    def update(self, run):
        self.artists[0].set_ydata([run.step / 1000, 0])
        return f"after {run.step} steps"

def trained():
    return LiveTrainer(games.dirac_gan, Scene(), moves={}, speed=1)

def sketched():
    return Sketch(lambda x: x**2, xlim=(-2, 2), ylim=(0, 4), question="Draw x².", xlabel="x", ylabel="y")

def asked():
    return Prediction("Is $2 < 3$?", ["yes", "no"], answer="yes", because="$3 = 2 + 1$.")

# The course's would have to be imported, which takes longer than all else here.
exercises = SimpleNamespace(check=lambda name, answer: f"verdict on {answer}")
"""
SOLUTION = {"jupyter": {"source_hidden": True}, "tags": ["solution"]}


def _figures():
    known: dict = {}
    exec(FIGURES, known)
    return known


def _notebook(path: Path, *cells) -> Path:
    """Write a notebook; a cell is Markdown if it begins with a blank, and hidden if it is a pair."""
    made = []
    for cell in cells:
        source, metadata = cell if isinstance(cell, tuple) else (cell, {})
        new = nbformat.v4.new_markdown_cell if source.startswith(" ") else nbformat.v4.new_code_cell
        made.append(new(source.strip(), metadata=metadata))
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    nbformat.write(nbformat.v4.new_notebook(cells=made, metadata=kernel), path)
    return path


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    first = _notebook(
        folder / "01_first.ipynb",
        " # 01 · The first: $x^2$\n\nDoes $x$ move? See [more](04_earth_mover.ipynb), [gone](03_gone.ipynb).",
        FIGURES,
        "moved()",
        "still()",
        "picked()",
        "trained()",
        "asked()",
        "Quiz([Question('A?', ['a', 'b'], 'a', 'So.'), Question('B?', ['a', 'b'], 'b', 'So.')])",
        "sketched()",
        " ## Exercises\n\n**1.** How much?",
        "answer = None  # a number\nexercises.check('01.1', answer)",
        " <details><summary>Solution</summary>\n\nThe *area* $\\int_0^1 x\\,dx$.\n\n</details>",
        ("hidden = 1\nexercises.check('01.1', hidden)", SOLUTION),
        " **2.** How many?",
        "answer = None\nexercises.check('01.2', answer)",
    )
    # Of this name the README knows a question.
    second = _notebook(
        folder / "04_earth_mover.ipynb",
        " # 04 · The second\n\nBack to [first](01_first.ipynb).",
        "print(1 + 1)",
    )
    # As it is run, in a process of its own; its output is shown where it fails.
    done = subprocess.run(
        [sys.executable, "-m", "gantheory", "site", "--output", folder / "made", first, second],
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert str(folder / "made" / "index.html") in done.stdout
    return folder / "made"


class _Attributes(html.parser.HTMLParser):
    """Collects what a page points to, what it loads, and the names of its places."""

    def __init__(self, text: str):
        super().__init__()
        self.links, self.loaded, self.ids = [], [], set()
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        known = dict(attributes)
        if tag == "a" and known.get("href"):
            self.links.append(known["href"])
        elif tag == "link" and known.get("rel") in ("stylesheet", "icon", "preload"):
            self.loaded.append(known["href"])
        elif known.get("src"):
            self.loaded.append(known["src"])
        self.ids.add(known.get("id"))


def _read(site: Path) -> dict[Path, _Attributes]:
    return {path: _Attributes(path.read_text()) for path in site.rglob("*.html")}


def test_everything_a_page_loads_lies_in_the_site(site):
    for path, page in _read(site).items():
        for address in page.loaded:
            assert urllib.parse.urlsplit(address).scheme in ("", "data"), f"{path} loads {address}"
            if not address.startswith("data:"):
                assert (path.parent / address.split("?")[0]).is_file(), f"{path} loads {address}"
    for path in [*site.rglob("*.css"), *site.rglob("*.js")]:
        if "mathjax" not in path.parts:
            loads = re.findall(
                r"(?:url\(|@import|import\(|fetch\()\s*[\"']?(https?://[^\"')]*)", path.read_text()
            )
            assert loads == [], path


def test_every_link_leads_somewhere(site):
    made = _read(site)
    for path, page in made.items():
        for address in page.links:
            parts = urllib.parse.urlsplit(address)
            if parts.scheme or parts.netloc:
                continue
            goal = (path.parent / urllib.parse.unquote(parts.path)).resolve() if parts.path else path
            assert goal.is_file(), f"{path} points to {address}"
            if parts.fragment and goal in made:
                assert urllib.parse.unquote(parts.fragment) in made[goal].ids | {"", "top"}, (path, address)
    assert "04_earth_mover.html" in made[site / "01_first.html"].links
    assert "01_first.html" in made[site / "04_earth_mover.html"].links
    text = (site / "01_first.html").read_text()
    assert ".ipynb" not in text and "gone" in text


def test_the_index_tells_what_each_notebook_asks(site):
    text = (site / "index.html").read_text()
    assert r"The first: \(x^2\)" in text and "The second" in text
    (row,) = re.findall(r"\(notebooks/04_earth_mover\.ipynb\) \| (.*?) \|", README.read_text())
    assert f'class="gantheory-question">{row}</span>' in text
    assert text.count("gantheory-question") == 1


def test_the_questions_are_the_readmes(monkeypatch):
    asked = _course.questions()
    assert list(asked) == [path.stem for path in _command._course_files()]
    assert all("?" in question and len(question) > 20 for question in asked.values())
    # Without a checkout the README comes with the package.
    monkeypatch.setattr(_course._launch, "course_in_checkout", lambda: None)
    monkeypatch.setattr(_course, "metadata", lambda name: {"Description": README.read_text()})
    assert _course.questions() == asked


def test_no_output_is_a_widgets_repr(site):
    text = (site / "01_first.html").read_text()
    assert "widget-view" not in text and "widget-state" not in text
    outputs = re.findall(r'<div class="cell_output[^"]*">(.*?)</div>\s*</div>', text, re.DOTALL)
    assert len(outputs) == 8
    assert not any(re.search(r"(Figure|Trainer|Prediction|Sketch|Quiz|Box)\(", output) for output in outputs)


def test_a_page_is_for_readers(site):
    text = (site / "01_first.html").read_text()
    words = re.sub("<[^>]*>", "", text)
    # What an exercise says to no answer is no use; what it says to a solution may stand.
    assert "verdict on None" not in words and words.count("verdict on 1") == 1
    assert words.count("answer = None") == 2
    (note,) = re.findall(
        r'Exercises<a.*?</a></h2>\s*<p class="gantheory-note">.*?<code>(.*?)</code>', text, re.DOTALL
    )
    assert (
        note == "pip install uv &amp;&amp; uv run gantheory"
        and note.replace("&amp;", "&") in README.read_text()
    )
    # Folded: the imports, the five figures, the solution. The prediction and the quiz stand without their code.
    assert text.count('<details class="admonition hide above-input">') == 7
    assert words.count("asked()") == 1 and "Quiz([" not in words and "moved()" in words


def test_each_notebook_of_the_course_says_once_where_to_answer():
    for path in _command._course_files():
        _, content = _course.read(path, {})
        waiting = [cell for cell in content.cells if re.search(r"\.check\(\S+ answer\)", cell.source)]
        assert len(waiting) >= 3, path
        _course.for_readers(content, [])
        told = [cell.source for cell in content.cells if "gantheory-note" in cell.source]
        assert len(told) == 1 and "## Exercises" in told[0] and told[0].count("gantheory-note") == 1, path
        assert all("remove-output" in cell.metadata["tags"] for cell in waiting), path
        tags = [tag for cell in content.cells for tag in cell.metadata.get("tags", [])]
        assert tags.count("remove-output") == len(waiting), path


def test_a_cell_that_fails_ends_all():
    def of(source):
        return nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)])

    slow = of("import time; time.sleep(600); print('done')")
    with pytest.raises(_execute.Failed, match=r"(?s)^broken\.ipynb failed:.*ZeroDivisionError"):
        _execute.run_all({"slow": slow, "broken": of("1 / 0")}, Path.cwd())
    assert slow.cells[0].outputs == []


class _Structure(html.parser.HTMLParser):
    """Collects what a screen reader needs: headings' levels, and whatever lacks a name."""

    def __init__(self, text: str):
        super().__init__()
        self.levels, self.nameless, self.inside = [], [], []
        self.labelled = set(re.findall(r'<label[^>]*\bfor="([^"]*)"', text))
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        known = dict(attributes)
        if re.fullmatch("h[1-6]", tag):
            self.levels.append(int(tag[1]))
        named = known.get("aria-label") or known.get("id") in self.labelled or "label" in self.inside
        if tag == "img" and not known.get("alt"):
            self.nameless.append(known)
        if (
            tag in ("input", "select", "textarea")
            and known.get("type") not in ("hidden", "submit")
            and not named
        ):
            self.nameless.append(known)
        if tag == "input" and known.get("type") == "range" and not known.get("aria-valuetext"):
            self.nameless.append(known)
        if tag in ("label", "button"):
            self.inside.append(tag)

    def handle_endtag(self, tag):
        if tag in ("label", "button"):
            self.inside.remove(tag)


def test_everything_has_a_name_and_headings_have_their_order(site):
    for name in ("index.html", "01_first.html", "04_earth_mover.html", "reference/gantheory.losses.html"):
        text = (site / name).read_text()
        made = _Structure(text)
        assert made.nameless == [], name
        assert made.levels.count(1) == 1 and made.levels[0] == 1, name
        assert all(
            after <= before + 1 for before, after in zip(made.levels, made.levels[1:], strict=False)
        ), name
        assert "<html" in text and 'lang="en"' in text and "Toggle hidden content" not in text
    assert "<title>04 · The second - gantheory</title>" in (site / "04_earth_mover.html").read_text()


def _public_names():
    """Read the names in each public module's `__all__`, without importing anything."""
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
        parts = parts[:-1] if parts[-1] == "__init__" else parts
        if len(parts) < 2 or any(part.startswith("_") for part in parts):
            continue
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
                yield from (".".join([*parts, name]) for name in ast.literal_eval(node.value))


def test_every_public_name_is_in_the_reference_and_says_what_it_is(site):
    text = "".join(path.read_text() for path in (site / "reference").glob("*.html"))
    said = {}
    for place in re.finditer(r'<dt [^>]*id="([\w.]+)">.*?</dt>\s*<dd>(.*?)</dd>', text, re.DOTALL):
        said[place[1]] = re.sub(r"<[^>]*>", "", place[2]).strip()
    public = list(_public_names())
    assert len(public) > 300 and "gantheory.losses.hinge" in public
    assert [name for name in public if len(said.get(name, "")) < 10] == []


def test_what_says_nothing_is_refused(monkeypatch, tmp_path):
    monkeypatch.setattr(_reference, "names", lambda: {"gantheory.losses": ["LOSSES", "hinge"]})
    assert _reference.undocumented() == []
    monkeypatch.setattr(_reference, "_string_below", lambda module, name: "")
    with pytest.raises(ValueError, match=r"need a docstring: gantheory\.losses\.LOSSES"):
        _reference.write(tmp_path / "reference")


def test_docstrings_become_what_sphinx_reads():
    table = ["  | a | b |", "  |---|---|", "  | 1 | `x` |", "", "  on"]
    assert [line for line in _reference.as_rst(table) if line] == [
        "  .. list-table::", "     :header-rows: 1", "     * - a", "       - b", "     * - 1", "       - `x`", "  on",
    ]  # fmt: skip


def test_a_figure_is_rendered_for_each_position(site):
    text = (site / "01_first.html").read_text()
    name = re.search(r'data-strip="(\w+)"', text)[1]
    call = (site / "strips" / f"{name}.js").read_text()
    assert call.startswith(f'gantheoryStrip("{name}", ')
    strip = json.loads(call[call.index(", ") + 2 : call.rindex(")")])
    assert strip["positions"] == ["0", "1", "2.5"]
    assert strip["alts"] == [f"a flat line at height {h}" for h in ("0", "1", "2.5")]
    assert len(set(strip["frames"])) == 3
    assert "In the notebook: also kind. Here they stand still." in text
    assert (
        "flat &amp; &lt;still&gt;" in text and "In the notebook: kind. Here the picture stands still." in text
    )


def test_a_choice_has_a_picture_for_each_option(tmp_path, monkeypatch):
    monkeypatch.setenv(pages.FOLDER, str(tmp_path / "strips"))
    live = _figures()["picked"]()
    strip = pages._of_choices(live)
    assert strip.positions == ("flat", "steepest") and strip.start == 0 and len(set(strip.frames)) == 2
    assert strip.alts == ("a flat line", "a steepest line")
    assert live.controls["kind"].value == "flat" and live.stage.alt == "a flat line"
    # The button below it is the notebook's alone.
    made = pages.bundle(live)[0]["text/html"]
    assert "In the notebook: also further controls." in made and made.count("<option ") == 2
    # What takes too long for a page stands still there.
    monkeypatch.setattr(pages, "_WORK_SECONDS", 0.0)
    assert pages._of_choices(live) is None and live.stage.alt == "a flat line"
    live.close()


def test_a_recording_leaves_the_trainer_where_it_is():
    trainer = _figures()["trained"]()
    trainer.step_once()
    before, picture = trainer.run.state, trainer.stage.frame
    strip = pages.record(trainer, num_frames=9)
    # Two pieces each of 1, 2, 4 and 8 steps, from step 1 on.
    assert strip.values == (1, 2, 3, 5, 7, 11, 15, 23, 31)
    assert strip.alts[-1] == "after 31 steps" and strip.start == 0 and len(set(strip.frames)) == 9
    assert trainer.run.step == 1 and trainer.run.state is before and trainer.run.steps.tolist() == [1]
    assert trainer.stage.frame == picture and trainer.stage.alt == "after 1 steps"
    trainer.close()


def test_an_explorable_is_3_mb_at_most(tmp_path, monkeypatch):
    monkeypatch.setenv(pages.FOLDER, str(tmp_path / "strips"))
    stage = _figures()["moved"]().stage
    rng = np.random.default_rng(0)
    frames = tuple(rng.bytes(40_000) for _ in range(101))
    words = tuple(map(str, range(101)))
    text = pages._player(Strip("x", words, tuple(range(101)), frames, words, 50, 3, 2), "", stage)
    (made,) = (tmp_path / "strips").glob("*.js")
    assert 2_700_000 < made.stat().st_size <= 3_000_000
    kept = json.loads(made.read_text().split(", ", 1)[1].rstrip(");\n"))["positions"]
    assert {"0", "50", "100"} <= set(kept) and f'value="{kept.index("50")}"' in text


def test_outside_of_a_build_widgets_stay_widgets(monkeypatch):
    monkeypatch.delenv(pages.FOLDER, raising=False)
    for make in ("moved", "asked"):
        bundle = _figures()[make]()._repr_mimebundle_()
        data = bundle[0] if isinstance(bundle, tuple) else bundle
        assert "application/vnd.jupyter.widget-view+json" in data and "text/html" not in data


def test_labels_are_said_without_markup():
    assert plain(r"step $\theta_{1}$ < 2") == "step theta 1 < 2"
    assert pages._formulas("$a < b$ & c") == r"\(a &lt; b\) &amp; c"


def test_without_its_builders_the_command_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setattr(_command, "find_spec", lambda name: None if name == "furo" else object())
    done = CliRunner().invoke(__main__.main, ["site", "--output", str(tmp_path / "site")])
    assert done.exit_code == 1 and not (tmp_path / "site").exists()
    assert (
        done.output
        == "Error: Building the site needs Sphinx and its parts: run `pip install 'gantheory[site]'` first.\n"
    )


def test_what_is_no_site_is_left_alone(tmp_path):
    (tmp_path / "letters").mkdir()
    letter = tmp_path / "letters" / "letter.txt"
    letter.write_text("dear")
    with pytest.raises(_build.BuildError, match="holds something that is no site"):
        _build.build([], letter.parent)
    assert letter.read_text() == "dear"


def test_a_new_site_takes_the_place_of_the_old_one_alone(tmp_path):
    output = tmp_path / "site"
    for round_, names in enumerate((["index.html", "old/page.html"], ["index.html", "new/page.html"])):
        made = tmp_path / f"made{round_}"
        for name in names:
            (made / name).parent.mkdir(parents=True, exist_ok=True)
            (made / name).write_text(f"round {round_}")
        _build.replace(made, output)
        (output / "CNAME").write_text("example.org")
    found = sorted(path.relative_to(output).as_posix() for path in output.rglob("*"))
    assert found == [".gantheory-site", ".nojekyll", "CNAME", "index.html", "new", "new/page.html"]
    assert (output / "index.html").read_text() == "round 1"


def test_where_nothing_can_be_written_nothing_is_built(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(_build.BuildError, match="cannot be written"):
        _build.build([], tmp_path / "file" / "site")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("no notebook", "is not a notebook"),
        (nbformat.writes(nbformat.v4.new_notebook()), "must begin with a text cell"),
    ],
)
def test_a_file_that_is_no_lesson_is_named(tmp_path, content, sentence):
    wrong = tmp_path / "wrong.ipynb"
    wrong.write_text(content)
    with pytest.raises(_build.BuildError, match=rf"wrong\.ipynb.*{sentence}"):
        _build.build([wrong], tmp_path / "site")


@pytest.fixture(scope="module")
def browser():
    if lab.CHROMIUM is None:
        pytest.skip("no Chromium on this machine: install Debian's package chromium to run the browser tests")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=lab.CHROMIUM, args=lab.CHROMIUM_FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def opened(browser):
    """A page with the network cut, and what went wrong on it: requests to a host, files that are missing, errors."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, has_touch=True)
    context.set_offline(True)
    context.set_default_timeout(lab.PATIENCE_MS)
    page, wrong = context.new_page(), []
    local = ("file:", "blob:", "data:")
    page.on("request", lambda request: request.url.startswith(local) or wrong.append(request.url))
    page.on("requestfailed", lambda request: wrong.append(f"failed: {request.url}"))
    page.on("console", lambda said: said.type == "error" and wrong.append(said.text))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    return SimpleNamespace(page=page, wrong=wrong)


@pytest.fixture
def visit(opened, site):
    """Open a page of the site, or stay there; anything that goes wrong fails the test."""

    def open_page(name: str):
        if opened.page.url != (site / name).as_uri():
            opened.page.goto((site / name).as_uri())
            opened.page.wait_for_function(
                "() => !window.MathJax?.startup || MathJax.startup.promise.then(() => true)"
            )
        return opened.page

    yield open_page
    opened.page.set_viewport_size({"width": 1280, "height": 900})
    opened.page.emulate_media(reduced_motion="no-preference", color_scheme="light")
    assert opened.wrong == []


browser_test = pytest.mark.browser


@browser_test
def test_dragging_and_arrow_keys_move_the_picture(visit):
    page = visit("01_first.html")
    player = page.locator("gantheory-player").first
    slider, image = player.locator("input"), player.locator("img")
    assert slider.get_attribute("aria-label") == "height h"
    player.scroll_into_view_if_needed()
    player.and_(page.locator("[data-ready]")).wait_for()
    seen = {}

    def look(position: str, index: int):
        player.and_(page.locator(f"[data-shown='{index}']")).wait_for()
        assert (
            slider.get_attribute("aria-valuetext")
            == position
            == player.locator(".gantheory-readout").inner_text()
        )
        assert image.get_attribute("alt") == f"a flat line at height {position}"
        # As pixels, not as an address: they are what is seen.
        seen[position] = image.evaluate(
            """image => { const canvas = document.createElement("canvas");
            [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
            canvas.getContext("2d").drawImage(image, 0, 0); return canvas.toDataURL(); }"""
        )

    box = slider.bounding_box()
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] / 2, middle)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 3, middle, steps=5)
    look("2.5", 2)
    page.mouse.move(box["x"] + 3, middle, steps=5)
    look("0", 0)
    page.mouse.up()
    page.keyboard.press("ArrowRight")
    look("1", 1)
    page.keyboard.press("End")
    look("2.5", 2)
    assert len(set(seen.values())) == 3


@browser_test
def test_an_option_is_chosen(visit):
    page = visit("01_first.html")
    player = page.locator("gantheory-player:has(select)")
    player.scroll_into_view_if_needed()
    player.and_(page.locator("[data-ready]")).wait_for()
    assert player.locator("img").get_attribute("alt") == "a flat line"
    player.get_by_role("combobox", name="kind").select_option("steepest")
    player.and_(page.locator("[data-shown='1']")).wait_for()
    assert player.locator("img").get_attribute("alt") == "a steepest line"
    assert player.locator(".gantheory-readout").inner_text() == ""


@browser_test
def test_a_small_screen_can_have_a_picture_in_its_full_size(visit):
    page = visit("01_first.html")
    assert page.locator(".gantheory-size").count() == 0
    page.set_viewport_size({"width": 390, "height": 800})
    button = page.get_by_role("button", name="Enlarge")
    button.wait_for()
    image = page.get_by_alt_text("flat & <still>")
    # The one wide picture alone, not the three small ones.
    assert button.count() == 1 and image.bounding_box()["width"] < 390
    button.press("Enter")
    assert image.bounding_box()["width"] == 900
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    page.get_by_role("button", name="Whole picture").press("Enter")
    assert image.bounding_box()["width"] < 390
    button.press("Enter")
    page.set_viewport_size({"width": 1280, "height": 900})
    button.or_(page.get_by_role("button", name="Whole picture")).wait_for(state="detached")
    assert image.bounding_box()["width"] < 900


@browser_test
def test_a_recorded_training_plays_when_asked(visit):
    page = visit("01_first.html")
    page.evaluate(
        """() => { window.delays = []; const timer = setInterval;
        window.setInterval = (f, ms) => (ms >= 100 && delays.push(ms), timer(f, 5)); }"""
    )
    player = page.locator("gantheory-player:has(button)")
    player.scroll_into_view_if_needed()
    player.and_(page.locator("[data-ready]")).wait_for()
    slider, button = player.locator("input"), player.locator("button")
    for reduced, delay in (("no-preference", 100), ("reduce", 1000)):
        page.emulate_media(reduced_motion=reduced)
        # From the start the first time, from the end back to the start the second; never by itself.
        assert slider.input_value() == ("0" if delay == 100 else "80") and button.inner_text() == "Start"
        button.press("Enter")
        page.wait_for_function("() => delays.length")
        assert page.evaluate("delays.splice(0)") == [delay]
        player.and_(page.locator("[data-shown='80']")).wait_for()
        button.filter(has_text="Start").wait_for()
        # Twenty pictures each of 1, 2, 4 and 8 steps.
        assert slider.get_attribute("aria-valuetext") == "300"
        assert player.locator("img").get_attribute("alt") == "after 300 steps"
    assert page.evaluate("getComputedStyle(document.documentElement).scrollBehavior") == "auto"


@browser_test
def test_predictions_and_quizzes_answer(visit):
    page = visit("01_first.html")
    asked = page.locator("gantheory-prediction").first
    verdict = asked.locator(".gantheory-verdict")
    assert verdict.inner_text().strip() == "" and asked.locator("legend mjx-container").count() == 1
    asked.get_by_role("radio", name="no").check()
    assert verdict.inner_text().startswith("You said: no. It is: yes.")
    asked.get_by_role("radio", name="no").press("ArrowUp")
    assert verdict.inner_text().startswith("You said: yes. So it is.")
    quiz = page.locator("gantheory-quiz")
    one, two = quiz.locator("gantheory-prediction").all()
    one.get_by_role("radio", name="b").check()
    one.get_by_role("radio", name="a").check()
    assert quiz.locator(".gantheory-score").inner_text() == "Right at the first go: 0 of 1, 1 to go."
    two.get_by_role("radio", name="b").check()
    assert quiz.locator(".gantheory-score").inner_text() == "Right at the first go: 1 of 2."
    assert verdict.inner_text().startswith("You said: yes.")


@browser_test
def test_a_drawn_curve_is_judged_as_in_the_notebook(visit):
    page = visit("01_first.html")
    sketch = page.locator("gantheory-sketch")
    paper, said = sketch.locator("svg"), sketch.locator(".gantheory-said")
    sketch.get_by_role("button", name="Show the truth").click()
    assert said.inner_text().startswith("Draw your curve first")
    keys = [
        "ArrowUp",
        *["Shift+ArrowLeft"] * 2,
        "ArrowDown",
        "ArrowLeft",
        *["Shift+ArrowUp"] * 2,
        "End",
        "ArrowUp",
    ]
    for key in keys:
        paper.press(key)
    paper.press("Enter")
    same = _figures()["sketched"]()
    for key in [*keys, "Enter"]:
        same._on_event({"kind": "key", "key": key.split("+")[-1], "shift": "+" in key})
    assert "Your curve misses by" in same.said and said.inner_text() == same.said
    same.close()
    sketch.get_by_role("button", name="Draw again").click()
    assert said.inner_text() == ""
    # Straight along the upper border of the axes, from end to end: y = 4.
    about = json.loads(sketch.locator("script").text_content())
    left, low, width, height = about["box"]
    box = paper.bounding_box()
    scale = box["width"] / about["width"]
    top = box["y"] + (about["height"] - low - height) * scale
    page.mouse.move(box["x"] + left * scale, top)
    page.mouse.down()
    page.mouse.move(box["x"] + (left + width) * scale, top, steps=9)
    page.mouse.up()
    sketch.get_by_role("button", name="Show the truth").click()
    # Off by 4 - x²: on average 8/3, where x = 0 by 4.
    assert re.fullmatch(
        r"Far off\. Your curve misses by 2\.6\d on average, most at x = -?0 \(by 4\.00\)\.", said.inner_text()
    )


@browser_test
def test_solutions_stay_folded(visit):
    page = visit("01_first.html")
    for words in ("The area", "hidden = 1"):
        text = page.get_by_text(words)
        assert not text.is_visible()
        fold = text.locator("xpath=ancestor::details").locator("summary")
        fold.focus()
        fold.press("Enter")
        assert text.is_visible()
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"


CONTRAST = """
(selector) => {
  const parse = (color) => (color.match(/[\\d.]+/g) ?? []).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((c) => c / 255)
    .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  return [...document.querySelectorAll(selector)].filter((e) => e.checkVisibility()).map((element) => {
    const ground = [];
    let opacity = 1;
    for (let up = element; up; up = up.parentElement) {
      const [r, g, b, alpha = 1] = parse(getComputedStyle(up).backgroundColor);
      if (!ground.length && alpha === 1) ground.push(r, g, b);
      opacity *= Number(getComputedStyle(up).opacity);
    }
    const [r, g, b] = parse(getComputedStyle(element).color);
    const ink = [r, g, b].map((c, i) => c * opacity + ground[i] * (1 - opacity));
    const [high, low] = [light(ink), light(ground)].sort((a, b) => b - a);
    return (high + 0.05) / (low + 0.05);
  });
}
"""


@browser_test
@pytest.mark.parametrize("name", ["01_first.html", "index.html", "reference/gantheory.transport.html"])
def test_pages_fit_a_phone_and_are_legible_in_both_themes(visit, name):
    page = visit(name)
    page.set_viewport_size({"width": 390, "height": 800})
    assert page.locator("mjx-merror").count() == 0
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert (
            page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0
        )
        shade = page.evaluate("getComputedStyle(document.body).backgroundColor")
        brightness = np.mean([int(part) for part in re.findall(r"\d+", shade)[:3]])
        assert (brightness > 200) == (scheme == "light")
        for words in (
            "article p",
            ".gantheory-note",
            ".gantheory-readout",
            ".gantheory-question",
            "article label",
            "summary p",
        ):
            assert min(page.evaluate(CONTRAST, words), default=21) >= 4.5, (scheme, words)
    if name == "01_first.html":
        assert page.locator("mjx-container mjx-assistive-mml").count() > 0
        assert len(page.evaluate(CONTRAST, ".gantheory-note")) == 5
        # A finger is wider than a mouse's tip.
        for control in page.locator(
            "article :is(button, select, input[type=range], label:has(input[type=radio]))"
        ).all():
            assert control.bounding_box()["height"] >= 44
