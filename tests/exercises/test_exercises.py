"""The door of the exercises: verdicts, missing answers, names, and that notebooks ask what is checked."""

import html
import json
import re
from pathlib import Path

import numpy as np
import pytest
from markdown_it import MarkdownIt
from scipy.spatial.distance import cdist
from scipy.stats import norm

from gantheory import exercises, transport

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))


class Unspeakable:
    """Raises at whatever is asked of it."""

    def __repr__(self):
        raise KeyError("<b>no</b>")

    __str__ = __array__ = __call__ = __repr__


UNSPEAKABLE = Unspeakable()


@pytest.mark.parametrize("name", exercises.names())
def test_no_answer_is_not_right_and_says_what_is_wanted(name):
    for nothing in (None, ...):
        verdict = exercises.check(name, nothing)
        assert not verdict and verdict.because.startswith("There is no answer yet. Wanted: ")


@pytest.mark.parametrize("name", exercises.names())
@pytest.mark.parametrize(
    "nonsense",
    [
        "nonsense",
        float("nan"),
        object(),
        lambda: 1,
        lambda *given: None,
        lambda *given: np.array([0.5]),
        [],
        {},
        (None, None),
        (lambda v: np.array([v]), lambda v: np.array([v])),
        10**400,
        -(10**5000),
        UNSPEAKABLE,
    ],
    ids=[
        "word",
        "NaN",
        "object",
        "function",
        "nothing",
        "one",
        "list",
        "dictionary",
        "pair",
        "functions",
        "huge",
        "digits",
        "unspeakable",
    ],
)
def test_nonsense_is_wrong_in_one_sentence_and_raises_nothing(name, nonsense):
    verdict = exercises.check(name, nonsense)
    assert not verdict.right
    assert verdict.because and "\n" not in verdict.because


def unloading(x, made, data):
    prices = np.asarray(transport.optimal_plan(cdist(made, data)).potentials[1])
    return (prices - cdist(x, data)).max(axis=1)


def turn(a, sign):
    u = norm.isf(np.exp(-a))
    return -norm.logsf(sign * np.stack([-u[:, 1], u[:, 0]], axis=1))


RIGHT = {
    "00.3": (lambda moves, arrows: np.mean((moves * arrows).sum(axis=1) < 0),),
    "01.1": (lambda z: -z,),
    "01.2": (lambda x: np.exp(-x / 2) / np.sqrt(2 * np.pi * x),),
    "02.2": (lambda p, q: 3 * p / (3 * p + q),),
    "05.3": (unloading,),
    "09.2": (lambda m, t, u: np.median(cdist(m, t).min(axis=1)) < np.median(cdist(u, t).min(axis=1)) / 2,),
    "10.1": (lambda mu, nu: np.c_[mu - nu, (nu**2 - mu**2).sum(axis=1) / 2],),
    "11.2": (lambda a: turn(a, 1), lambda b: turn(b, -1)),
}


def overwrite(arrays):
    for i, array in enumerate(arrays):
        array *= 0.5
        array += 1 + i


def as_answer(functions):
    return functions if len(functions) > 1 else functions[0]


class TestAnAnswerMayWriteIntoItsArguments:
    """What the judge compares with is its own: no answer changes it, neither for itself nor for the next one."""

    @pytest.mark.parametrize("name", RIGHT)
    def test_right_it_is_right_and_so_is_the_next(self, name):
        def writing(f):
            def answer(*arrays):
                result = f(*arrays)
                overwrite(arrays)
                return result

            return answer

        verdict = exercises.check(name, as_answer(tuple(map(writing, RIGHT[name]))))
        assert verdict, verdict
        assert exercises.check(name, as_answer(RIGHT[name]))

    @pytest.mark.parametrize("name", RIGHT)
    def test_wrong_it_does_not_spoil_the_next(self, name):
        def spoiling(*arrays):
            overwrite(arrays)
            return arrays[0]

        assert not exercises.check(name, as_answer((spoiling,) * len(RIGHT[name])))
        verdict = exercises.check(name, as_answer(RIGHT[name]))
        assert verdict, verdict

    def test_what_it_returned_stays_what_it_was(self):
        def reversing(a):  # Its own inverse; the second call changes what the first returned.
            a[:] = -np.log1p(-np.exp(-a))
            return a

        assert exercises.check("11.2", (reversing, reversing))

    def test_these_are_all_that_take_arrays(self):
        taken = set()
        for name in exercises.names():

            def record(*given, name=name):
                taken.update(name for x in given if isinstance(x, np.ndarray))
                return 0.0

            exercises.check(name, record)
            exercises.check(name, (record, record))
        assert taken == set(RIGHT)


STRANGE = ["<b>x</b>", "<lambda>() takes *args, **kwargs", "_a_ `b` ``c", "$x$ \\(y\\) [z](w) &lt;"]


def words_of(markdown):
    """What one reads of Markdown: without tags, as text."""
    return html.unescape(re.sub(r"<[^>]+>", "", MarkdownIt().render(markdown))).strip()


class TestWhatIsQuotedIsReadAsItStands:
    @pytest.mark.parametrize("text", STRANGE)
    @pytest.mark.parametrize("name", exercises.names())
    def test_of_an_answer(self, name, text):
        class Strange:
            def __repr__(self):
                return text

            __str__ = __repr__

        verdict = exercises.check(name, Strange())
        assert not verdict and text in words_of(verdict._repr_markdown_()), verdict

    @pytest.mark.parametrize("text", STRANGE)
    @pytest.mark.parametrize("name", ["06.1", "06.2", "11.2"])
    def test_of_an_error(self, name, text):
        def raising(x):
            raise RuntimeError(text)

        verdict = exercises.check(name, raising if name == "06.1" else (raising, raising))
        assert f"RuntimeError: {text}; it was called with " in words_of(verdict._repr_markdown_()), verdict

    def test_of_words(self):
        verdict = exercises.check("00.1", ("<i>", "*up*"))
        assert words_of(verdict._repr_markdown_()).endswith("and these are '<i>' and '*up*'.")

    def test_our_own_words_keep_their_emphasis(self):
        verdict = exercises.check("11.3", "both")
        assert "there <em>and</em> back" in MarkdownIt().render(verdict._repr_markdown_())


def test_a_name_that_is_none_is_refused():
    with pytest.raises(ValueError, match=r"^name must be one of .*, got '99\.1'\.$"):
        exercises.check("99.1", 1)


def test_notebooks_check_every_exercise_twice_once_empty_and_once_solved():
    asked = {}
    for path in NOTEBOOKS:
        cells = json.loads(path.read_text())["cells"]
        source = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
        for name in re.findall(r'exercises\.check\(\s*"([^"]+)"', source):
            assert name[:2] == path.name[:2]
            asked[name] = asked.get(name, 0) + 1
    assert sorted(asked) == list(exercises.names())
    assert all(times >= 2 for times in asked.values()), asked
