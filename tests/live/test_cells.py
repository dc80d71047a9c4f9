"""Running a cell again ends what its last run made; other cells and the same run are left alone."""

import pytest

from gantheory.live import cells


class Thing:
    def __init__(self):
        self.closed = 0

    def close(self):
        self.closed += 1


@pytest.fixture
def run(monkeypatch):
    monkeypatch.setattr(cells, "_MADE", {})

    def go(cell, execution):
        monkeypatch.setattr(cells, "_cell", lambda: (cell, execution) if cell else None)
        thing = Thing()
        cells.register(thing.close)
        return thing

    return go


def test_a_second_run_closes_the_first_ones(run):
    first, second = run("cell", "1"), run("cell", "1")
    assert (first.closed, second.closed) == (0, 0)
    third = run("cell", "2")
    assert (first.closed, second.closed, third.closed) == (1, 1, 0)
    fourth = run("cell", "3")
    assert (first.closed, third.closed, fourth.closed) == (1, 1, 0)


def test_other_cells_are_left_alone(run):
    first = run("one", "1")
    run("other", "2")
    assert first.closed == 0


def test_outside_a_cell_nothing_is_closed(run):
    first = run(None, None)
    run(None, None)
    assert first.closed == 0


def test_there_is_no_cell_outside_a_kernel():
    assert cells._cell() is None


def test_a_closed_figure_leaves_no_widget_behind():
    """Layouts and styles are widgets too, which ipywidgets keeps until they are closed."""
    from ipywidgets.widgets import widget

    from gantheory.explorables import start_here
    from gantheory.live.quiz import Question, Quiz

    def there():
        return set(widget._instances)

    before = there()
    for make in (
        lambda: start_here.gan_on_the_line(num_seeds=1),
        lambda: start_here.predict("gan_in_the_plane"),
        lambda: Quiz([Question("Is 2 even?", ["yes", "no"], "yes", "2 = 2 times 1.")]),
    ):
        made = make()
        assert len(there()) > len(before) + 5
        cells.close_all(made)
        left = [type(widget._instances[name]).__name__ for name in there() - before]
        assert left == [], type(made).__name__
