"""Notebook 08: the targets are those of the module, own data get in, every control works, the claims hold."""

import io
import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from PIL import Image

from gantheory import distributions, games, losses, metrics, recipes, training, transport
from gantheory.explorables import toy_gans_2d
from gantheory.explorables.toy_gans_2d import _eight_seeds, _own_data, _playground, _toy_table, _zoo
from gantheory.live.stage import Stage
from gantheory.live.trainer import Run
from tests.compilations import COMPILATIONS
from tests.sweep import check_picture, sweep, sweep_trainer

# Targets


@pytest.mark.parametrize(
    ("name", "law"),
    [
        ("ring of 8", distributions.ring(8, 1.5, 0.05)),
        ("grid of 25", distributions.grid(5, 0.8, 0.04)),
        ("spiral", distributions.spiral(1.5, 1.8, 0.05)),
        ("two moons", None),
        ("parallel lines", None),
    ],
)
def test_a_target_is_the_law_it_is_named_after(name, law):
    target = toy_gans_2d.targets()[name]
    x = np.asarray(target.sample(jax.random.key(0), 4000))
    if law is None:  # The module's moons, moved and stretched; its line, twice.
        if name == "two moons":
            y = 1.2 * (
                distributions.two_moons(0.07 / 1.2).sample(jax.random.key(1), 4000) - jnp.array([[0.5, 0.25]])
            )
        else:
            sides = [
                distributions.parallel_lines(theta).sample(jax.random.key(1), 2000) for theta in (-0.75, 0.75)
            ]
            y = jnp.concatenate(sides) * jnp.array([[1.0, 3.0]]) - jnp.array([[0.0, 1.5]])
    else:
        y = law.sample(jax.random.key(1), 4000)
    apart = float(transport.sliced_wasserstein(jax.random.key(2), x, y))
    # Two samples of one law lie as far apart as this; a ring of another radius 0.1 farther.
    assert apart < 0.06
    assert np.abs(x).max() < _zoo.REACH + 0.1


def test_the_pieces_of_a_mixture_are_its_modes():
    target = toy_gans_2d.targets()["grid of 25"]
    rng = np.random.default_rng(0)
    samples = np.concatenate([np.asarray(target.sample(jax.random.key(0), 500)), rng.normal(size=(500, 2))])
    plain = distributions.grid(5, 0.8, 0.04)
    expected = metrics.mode_coverage(samples, plain.means, plain.std)
    found = target.coverage(jnp.asarray(samples))
    assert int(found.modes) == int(expected.modes)
    for name in ("high_quality", "histogram_kl"):
        assert float(getattr(found, name)) == pytest.approx(float(getattr(expected, name)), abs=1e-5)
    np.testing.assert_allclose(found.histogram[:25], expected.histogram, atol=1e-6)


@pytest.mark.parametrize("name", toy_gans_2d.targets())
def test_a_perfect_sampler_of_each_target(name):
    target = toy_gans_2d.targets()[name]
    found = target.coverage(target.sample(jax.random.key(3), 4000))
    assert int(found.modes) == target.num_pieces
    assert float(found.high_quality) > 0.98
    assert float(found.histogram_kl) < 0.01
    # From one half of the plane alone: modes go missing, and the histogram shows it.
    x = target.sample(jax.random.key(3), 4000)
    half = jnp.asarray(np.asarray(x)[np.asarray(x)[:, 0] > 0.2])
    assert int(target.coverage(half).modes) < target.num_pieces
    assert float(target.coverage(half).histogram_kl) > 0.3


# The learner's own data


@pytest.mark.parametrize(
    ("content", "points"),
    [
        (b"1,2\n3,4", [[1, 2], [3, 4]]),
        (b"x,y\r\n1,2\r\n\r\n3,4\r\n", [[1, 2], [3, 4]]),
        ("\ufeffh\u00f6he;breite\n1,5;2\n-3e2;4,25\n".encode(), [[1.5, 2], [-300, 4.25]]),
        (b"1\t2\tcat\n3\t4\tdog", [[1, 2], [3, 4]]),
        (b'"1","2"\n"3","4"\n', [[1, 2], [3, 4]]),
    ],
)
def test_a_csv_is_read(content, points):
    assert toy_gans_2d.read_csv(content).tolist() == points


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"1,2\n3,four\n", "mine.csv, line 2: the second cell must be a finite number, got 'four'."),
        (b"x,y\n1,2\n\n,4\n", "mine.csv, line 4: the first cell must be a finite number, got ''."),
        (b"1,2\n3\n", "mine.csv, line 2: a line must have two numbers, x and y, got '3'."),
        (b"1,2\n3,nan\n", "mine.csv, line 2: the second cell must be a finite number, got 'nan'."),
        (b"1,2\ninf,3\n", "mine.csv, line 2: the first cell must be a finite number, got 'inf'."),
        (b"1,2\nx,y\n", "mine.csv, line 2: the first cell must be a finite number, got 'x'."),
        (b"1 2\n3 4\n", "mine.csv, line 1: a line must have two numbers, x and y, got '1 2'."),
        (b"x,y\n", "mine.csv must hold at least 2 different points, got none."),
        (b"", "mine.csv must hold at least 2 different points, got none."),
        (b"1,2\n", "mine.csv must hold at least 2 different points, got one."),
        (b"1,2\n1,2\n", "mine.csv must hold at least 2 different points, got the same point on every line."),
        (b"\x89PNG\r\n\x1a\n", "mine.csv must be a CSV file in UTF-8, got something that is not text."),
    ],
)
def test_a_malformed_csv_is_refused_in_one_sentence(content, sentence):
    with pytest.raises(ValueError) as refused:
        toy_gans_2d.read_csv(content, "mine.csv")
    assert str(refused.value) == sentence


def test_points_are_centred_and_scaled_and_can_be_led_back():
    rng = np.random.default_rng(0)
    points = rng.normal([170, -2e6], [10, 5e5], size=(300, 2))
    scaled = toy_gans_2d.scale(points, "a.csv")
    np.testing.assert_allclose(scaled.points * scaled.unit + scaled.centre, points, rtol=1e-9)
    np.testing.assert_allclose(
        [scaled.points.min(axis=0), scaled.points.max(axis=0)], [[-1.8] * 2, [1.8] * 2]
    )
    flat = toy_gans_2d.scale(np.array([[5.0, 1.0], [5.0, 3.0]]))
    np.testing.assert_allclose(flat.points, [[0, -1.8], [0, 1.8]])
    many = toy_gans_2d.scale(rng.normal(size=(5000, 2)), "b.csv")
    assert len(many.points) == _zoo.CAPACITY and many.words.startswith("1024 of the 5,000 points of b.csv")


def test_a_stroke_has_points_at_equal_distances():
    drawing = _own_data.Drawing()
    drawing.press(0.0, 0.0)
    for x in np.linspace(0, 1, 7)[1:]:
        drawing.move(x, x)
    drawing.release()
    drawing.move(3.0, 3.0)  # the pencil is up
    steps = np.linalg.norm(np.diff(drawing.points, axis=0), axis=1)
    assert steps.size == 28 and steps == pytest.approx(0.05)
    drawing.press(-1.0, 0.0)
    assert len(drawing.points) == 30
    drawing.undo()
    assert len(drawing.points) == 29
    drawing.press(0.0, 0.0)
    drawing.move(1e3, 0.0)
    assert drawing.full and len(drawing.points) == _zoo.CAPACITY


# The playground


@pytest.mark.parametrize(
    ("loss", "constraint"),
    [("minimax", "R1"), ("least_squares", "weight clipping"), ("hinge", "spectral normalization")],
)
def test_losses_and_constraints_in_the_picture(loss, constraint):
    """Each once; that every one goes with every other is tested below, without the compiler's minutes."""
    scene = _playground._PlaygroundScene()
    run = Run(toy_gans_2d.playground_game("grid of 25", loss, constraint), measure=scene.measure)
    run.advance(5, training.Settings())
    stage = Stage(scene.figure, scene.artists)
    before = stage.frame
    stage.draw(lambda: scene.update(run))
    assert stage.frame != before
    assert "modes captured" in stage.alt and "nan" not in stage.alt
    heat = np.asarray(scene._heat.image.get_array())
    assert heat.min() >= 0 and heat.max() <= 1


def test_every_control_of_the_playground():
    live = toy_gans_2d.toy_gan()
    try:
        for name, values in {
            "target": list(toy_gans_2d.targets()),
            "loss": ["wasserstein"],
            "constraint": ["gradient penalty"],
            "gamma": [0.001, 10.0],
            "weight": [0.01, 10.0],
            "clip": [0.01, 1.0],
        }.items():
            assert name in live.controls
            for value in values:
                live.controls[name].value = value
                live.advance(3)
                check_picture(live)
            if name in live._structure:
                assert str(values[-1]).replace("_", "-") in live.stage.alt
        assert "gradient penalty (weight 10)" in live.stage.alt
        assert float(live.run.game.constraint.weight) == 10
        live.reset()
        assert live.run.step == 0
    finally:
        live.close()


def test_the_numbers_of_the_constraints_reach_the_game():
    for constraint, name in (("R1", "gamma"), ("gradient penalty", "weight"), ("weight clipping", "clip")):
        game = toy_gans_2d.playground_game(constraint=constraint, **{name: 0.37})
        assert float(getattr(game.constraint, name)) == pytest.approx(0.37)


def test_every_loss_goes_with_every_constraint():
    settings = training.Settings()
    for loss, constraint in itertools.product(losses.LOSSES, toy_gans_2d.CONSTRAINTS):
        game = toy_gans_2d.playground_game("spiral", loss, constraint)
        start = jax.eval_shape(lambda game: training.init(game, jax.random.key(0)), game)
        state, _ = jax.eval_shape(training.make_step(game), start, settings)
        assert jax.tree.structure(state) == jax.tree.structure(start)


@pytest.fixture(scope="module")
def playground():
    live = toy_gans_2d.toy_gan()
    live.step_once()
    yield live
    live.close()


def drag(live, *places):
    """Drag over places in units of the axes."""
    pixels = live.scene.ax.transData.transform(np.array(places, float))
    for i, (x, y) in enumerate(pixels):
        live._on_event({"kind": "move" if i else "press", "x": float(x), "y": float(y)})
    live._on_event({"kind": "release", "x": 0.0, "y": 0.0})
    assert live.settle(30)


def test_drawing_is_refused_on_another_target(playground):
    playground.controls["target"].value = "ring of 8"
    drag(playground, (0, 0), (1, 0))
    assert len(playground.drawing.points) == 0
    assert playground.said.value == "To draw, choose “your own data” as the target."


def draw_and_train(live, *places):
    drag(live, *places)
    live.run.advance(10, live.settings)
    live.controls["gamma"].value = 1.0
    live.controls["target"].value = "spiral"
    live.controls["target"].value = "your own data"
    live.advance(400)


def test_what_is_drawn_is_learned_and_nothing_compiles(playground):
    playground.controls["target"].value = "your own data"
    playground.advance(1)
    assert playground.said.value.startswith("An example.")
    draw_and_train(playground, (-1.5, 1.0), (0, 1.0), (1.5, 1.0))
    assert len(playground.drawing.points) == 61
    means = np.asarray(playground.run.game.target.means)[:61]
    np.testing.assert_allclose(means[:, 1], 1.0, atol=0.02)
    assert playground.said.value.startswith("61 points of your own")
    fake = np.asarray(playground.scene._fake.line.get_xydata())
    assert np.abs(fake[:, 1] - 1).mean() < 0.3
    assert playground.run.measured["modes"][-1] >= 10
    # Counted from the second drawing on: what the first one met may have been compiled, and freed, with another file.
    before = len(COMPILATIONS)
    draw_and_train(playground, (-1.0, -1.0), (1.0, -1.0))
    assert len(COMPILATIONS) == before
    assert len(playground.drawing.points) > 61
    check_picture(playground)


def test_drawing_with_the_keys_and_taking_it_back(playground):
    playground.controls["target"].value = "your own data"
    playground.own_buttons["clear"].click()
    assert playground.settle(30)
    x, y = playground.drawing.cursor
    for key, shift in (
        ("ArrowRight", False),
        ("ArrowUp", True),
        ("Enter", False),
        ("ArrowLeft", False),
        (" ", False),
    ):
        playground._on_event({"kind": "key", "key": key, "shift": shift})
    assert playground.settle(30)
    np.testing.assert_allclose(playground.drawing.points, [[x + 0.05, y + 0.25], [x, y + 0.25]], atol=1e-9)
    assert "cursor at" in playground.said.value
    playground.own_buttons["undo"].click()
    assert playground.settle(30)
    assert len(playground.drawing.points) == 1
    playground.own_buttons["clear"].click()
    assert playground.settle(30)
    np.testing.assert_allclose(np.asarray(playground.run.game.target.means)[:256], _zoo.EXAMPLE, atol=1e-6)


def upload(live, name, content):
    """Hand a file over as the page does."""
    file = {
        "name": name,
        "type": "text/csv",
        "size": len(content),
        "last_modified": 0,
        "content": memoryview(content),
    }
    live.upload.set_state({"value": [file]})


def test_a_file_is_loaded_or_refused(playground):
    playground.controls["target"].value = "ring of 8"
    upload(playground, "mine.csv", b"a,b\n0,100\n10,300\n5,200\n")
    assert playground.controls["target"].value == "your own data"
    np.testing.assert_allclose(
        np.asarray(playground.run.game.target.means)[:3], [[-1.8, -1.8], [1.8, 1.8], [0, 0]], atol=1e-6
    )
    assert playground.said.value.startswith("3 points of mine.csv, centred and scaled")
    assert playground.message.value == ""
    upload(playground, "bad.csv", b"1,2\n3,four\n")
    assert (
        "bad.csv, line 2: the second cell must be a finite number, got &#x27;four&#x27;."
        in playground.message.value
    )
    assert len(playground.drawing.points) == 3  # the good ones stay
    upload(playground, "mine.csv", b"0,0\n1,1\n")
    assert playground.message.value == "" and len(playground.drawing.points) == 2


def test_an_unconstrained_critic_says_nothing_of_the_distance_even_where_g_learns():
    estimates = {}
    for constraint in ("none", "gradient penalty"):
        game = toy_gans_2d.playground_game("ring of 8", "wasserstein", constraint)
        states = training.init_many(game, jax.random.split(jax.random.key(0), 3))
        states, history = training.train_many(game, states, 1000, training.Settings(1e-3, 2e-3))
        estimates[constraint] = np.abs(np.asarray(history.value)[:, [99, 998, 999]]).mean(axis=0)
        fake = jax.vmap(lambda state, game=game: games.generate(game, state, jax.random.key(1), 2000))(states)
        assert min(int(game.target.coverage(x).modes) for x in fake) >= 6
    assert estimates["none"][-1] > 8 * estimates["none"][0]
    assert estimates["gradient penalty"][-1] < 2 * estimates["gradient penalty"][0] < 1


# Balance


def test_every_control_of_the_imbalance():
    sweep(toy_gans_2d.imbalance())


def test_a_favourite_mode_is_seen_by_the_histogram_alone():
    target = distributions.ring()
    for share in (0.125, 0.5, 0.9):
        x = toy_gans_2d.unequal_sampler(share, 25_000)
        found = metrics.mode_coverage(x, target.means, target.std)
        assert int(found.modes) == 8 and float(found.high_quality) == pytest.approx(0.9889, abs=0.004)
        shares = np.array([share] + 7 * [(1 - share) / 7])
        assert float(found.histogram_kl) == pytest.approx((shares * np.log(8 * shares)).sum(), abs=0.02)


# Eight seeds


def test_every_control_of_the_eight_seeds():
    sweep_trainer(toy_gans_2d.eight_seeds(), steps=5)


def test_the_small_pictures_show_each_seed():
    live = toy_gans_2d.eight_seeds()
    live.advance(200)
    for seed, picture in enumerate(live.scene._pictures):
        missed = len(picture._missed.get_xdata())
        assert 8 - missed == live.run.measured["modes"][seed, -1]
        assert picture._note.text.get_text().startswith(f"seed {seed}\n{8 - missed} mode")
    assert "modes captured by the eight seeds" in live.stage.alt
    assert np.asarray(Image.open(io.BytesIO(live.stage.frame))).std() > 10
    live.close()


@pytest.fixture(scope="module")
def spread():
    """What 1,500 steps make of eight seeds, without R1, and with it from there on."""
    return toy_gans_2d.train_seeds((1500, 0.0, _eight_seeds.RATES), (500, 1.0, _eight_seeds.RATES))


def test_the_spread_is_the_result_and_r1_narrows_it(spread):
    without, cured = (scores["modes"] for scores in spread)
    assert (without <= 2).sum() >= 2 and (without >= 7).sum() >= 2
    assert cured.min() >= 4 and np.median(cured) >= 7


def test_a_slow_discriminator_collapses_every_seed_and_a_faster_one_cures_it():
    faster = {**_eight_seeds.SLOW_D, "discriminator_learning_rate": 2e-3}
    collapsed, with_r1, cured = toy_gans_2d.train_seeds(
        (600, 0.0, _eight_seeds.SLOW_D), (600, 1.0, _eight_seeds.SLOW_D), (1000, 0.0, faster)
    )
    assert collapsed["modes"].max() <= 3
    assert np.median(with_r1["modes"]) <= 3
    assert np.median(cured["modes"]) >= 7 and (cured["modes"] >= 7).sum() >= 6


# The table


def test_every_control_of_the_table():
    sweep(toy_gans_2d.table_figure())


@pytest.mark.parametrize("target", ["ring", "grid"])
def test_the_table_is_the_stored_one(target):
    stored = {row["method"]: row for row in recipes.stored_table()["rows"] if row["target"] == target}
    rows = toy_gans_2d.table(target)
    assert [row.name for row in rows] == list(recipes.METHODS)  # none is left out
    for row in rows:
        assert row.modes.tolist() == stored[row.name]["modes"]
        np.testing.assert_allclose(row.high_quality, 100 * np.asarray(stored[row.name]["high_quality"]))
    theirs = {row.title: (row.modes[0], row.high_quality[0]) for row in toy_gans_2d.published(target)}
    veegan = {"ring": (8, 52.9), "grid": (24.6, 40)}[target]
    assert theirs["VEEGAN (Srivastava et al. 2017)"] == pytest.approx(veegan)
    assert len(theirs) == 7


def test_the_width_of_a_perfect_mode():
    x = np.random.default_rng(0).normal(size=(400_000, 2))
    kept = x[np.linalg.norm(x, axis=1) <= 3]
    assert _toy_table.PERFECT_WIDTH == pytest.approx(kept.std(), abs=2e-3)
    assert _toy_table.PERFECT == pytest.approx(100 * len(kept) / len(x), abs=0.1)


def test_the_picture_of_the_table_holds_every_row():
    live = toy_gans_2d.table_figure()
    live.controls["target"].value = "grid"
    assert live.settle(10)
    for row in (*toy_gans_2d.table("grid"), *toy_gans_2d.published("grid")):
        assert f"{row.title}: {row.modes.mean():.3g}" in live.stage.alt.replace(".0 modes", " modes")
    live.close()


def test_the_generator_gains_most():
    """What the prediction says, and that rates which fall and averaged weights gain as well."""
    for target in ("ring", "grid"):
        quality = {row.name: row.high_quality.mean() for row in toy_gans_2d.table(target)}
        assert quality["plateau"] > max(
            quality[name] for name in quality if name not in ("plateau", "plateau_r1")
        )
        assert quality["non_saturating"] > quality["constant_rates"] + 10
