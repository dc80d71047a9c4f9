"""Notebook 11: the turned map against closed forms, the toy's two truths, hidden partners, and what trainings find."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import ndimage, stats

from gantheory import datasets, divergences, training
from gantheory.explorables import cyclegan
from gantheory.explorables.cyclegan import _images, _toy
from gantheory.live.trainer import Run
from tests.compilations import COMPILATIONS
from tests.sweep import check_picture, sweep, sweep_trainer

# The turned map


def test_every_control_of_the_turned_map():
    sweep(cyclegan.turned())


def test_on_a_round_law_only_the_truth_minds_a_turn_or_a_twist():
    for degrees in (0.0, 37.0, 90.0, 180.0, 300.0):
        found = cyclegan.weigh("round", degrees)
        assert found.cycle < 1e-10 and found.adversarial < 1e-10
        # |R a - a| = 2 |a| sin(angle / 2); the sample's mean is not quite 0.
        assert found.error == pytest.approx(200 * np.sin(np.deg2rad(degrees) / 2), abs=0.5)
    twisted = cyclegan.weigh("round", 0.0, 90.0)
    assert twisted.cycle < 1e-10 and twisted.adversarial < 1e-10 and twisted.error > 50


def test_the_twist_is_no_linear_map_and_keeps_the_law():
    a = np.random.default_rng(0).normal(size=(4000, 2))
    there = cyclegan.turned_map(a, 20.0, 90.0)
    fitted = np.linalg.lstsq(np.c_[a, np.ones(len(a))], there, rcond=None)[0]
    assert np.abs(there - np.c_[a, np.ones(len(a))] @ fitted).mean() > 0.3
    for coordinate in range(2):
        kept = stats.ks_2samp(there[:, coordinate], cyclegan.true_map(a)[:, coordinate])
        assert kept.pvalue > 0.01


@pytest.mark.parametrize(
    ("law", "shares"), [("six modes", [1, 1, 1, 1, 1, 1]), ("lopsided", [8, 4, 2, 1, 1, 2])]
)
def test_what_the_best_discriminator_sees_is_js_by_quadrature(law, shares):
    side = np.linspace(-2, 2, 161)
    grid = np.stack(np.meshgrid(side, side), axis=-1)

    def density(degrees):
        angles = np.deg2rad(degrees + 60 * np.arange(6))
        return sum(
            share / sum(shares) * stats.multivariate_normal([np.cos(t), np.sin(t)], 0.15**2).pdf(grid)
            for share, t in zip(shares, angles, strict=True)
        )

    for degrees in (20.0, 30.0, 60.0):
        exact = divergences.js(density(0).ravel(), density(degrees).ravel(), dx=(side[1] - side[0]) ** 2)
        assert cyclegan.weigh(law, degrees).adversarial == pytest.approx(100 * exact / np.log(2), abs=2.5)


# The toy


def test_both_truths_make_the_same_law():
    b, other = (cyclegan.true_map(cyclegan.modes(), truth) for truth in cyclegan.TRUTHS)
    np.testing.assert_allclose(np.roll(b, 3, axis=0), other, atol=1e-12)
    game = cyclegan.toy_game()
    np.testing.assert_allclose(game.domain_b.means, b, atol=1e-6)
    assert float(game.domain_b.std) == pytest.approx(1.4 * float(game.domain_a.std))


@pytest.mark.parametrize("truth", cyclegan.TRUTHS)
def test_the_pairs_are_true_and_of_the_first_modes(truth):
    for pairs in cyclegan.PAIRS:
        game = cyclegan.toy_game(pairs=pairs, truth=truth)
        a, b = (np.asarray(points) for points in game.hints)
        assert a.shape == (6, 2) and float(game.hint_weight) == (2 if pairs else 0)
        np.testing.assert_allclose(b, cyclegan.true_map(a, truth), atol=1e-6)
        known = np.unique(a.round(5), axis=0)
        assert len(known) == max(pairs, 1)
        np.testing.assert_allclose(a.mean(axis=0), cyclegan.modes()[: max(pairs, 1)].mean(axis=0), atol=1e-6)
        assert _toy.truth_of(game) == truth
    with pytest.raises(ValueError, match=r"^pairs must be one of 0, 1, 2, 3, 6, got"):
        cyclegan.toy_game(pairs=4)


def test_names_of_maps():
    start = np.arange(6)
    for steps in range(6):
        turn = 60 * min(steps, 6 - steps)
        assert cyclegan.name_of((start + steps) % 6) == ("right" if turn == 0 else f"turned {turn}°")
        assert cyclegan.name_of((steps - start) % 6) == "mirrored"
    assert cyclegan.name_of((start + 3) % 6, "half-turn") == "right"
    assert cyclegan.name_of(start, "half-turn") == "turned 180°"
    assert cyclegan.name_of(np.array([1, 0, 2, 3, 4, 5])) == "another order"
    assert cyclegan.name_of(np.zeros(6, int)) == "not one to one"


def test_scores_are_those_of_the_translations():
    from gantheory import games

    game = cyclegan.toy_game()
    states = training.init_many(game, jax.random.split(jax.random.key(0), 8))
    maps, there = _toy.score_maps(game, states)
    a, _ = _toy.looked_at()
    one = jax.tree.map(lambda leaf: leaf[3], states)
    f = np.asarray(games.translate(game, one, jnp.asarray(a, jnp.float32), to="b"))
    np.testing.assert_allclose(there[3], f, atol=1e-5)
    g = np.asarray(games.translate(game, one, f, to="a"))
    for truth, errors in zip(cyclegan.TRUTHS, (maps.error, maps.error_half_turn), strict=True):
        t = cyclegan.true_map(a, truth)
        assert errors[3] == pytest.approx(
            100 * np.sqrt(((f - t) ** 2).mean() / t.var(axis=0).mean()), rel=1e-4
        )
    assert maps.cycle[3] == pytest.approx(
        100 * np.sqrt(((g - a) ** 2).mean() / a.var(axis=0).mean()), rel=1e-4
    )


@pytest.fixture(scope="module")
def found():
    """What the notebook trains."""
    chosen, finished = cyclegan.train_maps((300, {"identity": 0.5}), (400, {}))
    return {
        "cycle": cyclegan.train_maps((400, {"adversarial": False}))[0],
        "both": cyclegan.train_maps((600, {}))[0],
        "chosen": chosen,
        "finished": finished,
        "two pairs": cyclegan.train_maps((500, {"pairs": 2}))[0],
        "half-turn": cyclegan.train_maps((500, {"pairs": 2, "truth": "half-turn"}))[0],
        "one pair": cyclegan.train_maps((500, {"pairs": 1}))[0],
        "no cycle": cyclegan.train_maps((400, {"cycle": False}))[0],
    }


def test_a_closed_cycle_says_nothing_of_the_truth(found):
    assert found["cycle"].cycle.max() < 15 and found["cycle"].error.min() > 90
    assert found["cycle"].distance.min() > 0.1
    assert found["both"].cycle.max() < 5 and found["both"].distance.max() < 0.06
    wrong = np.array([cyclegan.name_of(row) != "right" for row in found["both"].goes_to])
    assert wrong.sum() >= 4 and found["both"].error[wrong].min() > 50
    assert len({tuple(row) for row in found["both"].goes_to}) >= 2  # the seed decides


def test_the_identity_loss_and_pairs_find_the_truth_in_every_seed(found):
    assert found["finished"].error.max() < 5 and found["two pairs"].error.max() < 5
    assert found["chosen"].error.min() > found["finished"].error.max()


def test_where_the_truth_is_a_half_turn_the_identity_loss_picks_the_wrong_map(found):
    assert found["finished"].error_half_turn.min() > 190
    assert found["half-turn"].error_half_turn.max() < 5


def test_one_pair_leaves_a_mirror(found):
    names = {cyclegan.name_of(row) for row in found["one pair"].goes_to}
    assert "mirrored" in names <= {"right", "mirrored"}
    assert np.all(found["one pair"].goes_to[:, 0] == 0)


def test_without_the_cycle_nothing_ties_the_two_maps(found):
    assert found["no cycle"].distance.max() < 0.06 and np.median(found["no cycle"].cycle) > 100


def test_every_control_of_the_eight_maps():
    sweep_trainer(cyclegan.eight_maps(), steps=5)


def test_the_truth_is_measured_and_not_trained_on():
    live = cyclegan.eight_maps()
    live.run.advance(20, live.settings)
    before = len(COMPILATIONS)
    weights = jax.tree.leaves(live.run.state)
    live.controls["truth"].value = "half-turn"
    check_picture(live)
    assert "the truth is the half-turn" in live.stage.alt
    error = live.run.measured["error_half_turn"][0, -1]
    assert f"error {error:.0f} %" in live.stage.alt.split(";")[0]
    live.run.advance(20, live.settings)
    other = Run(cyclegan.toy_game(), num_seeds=8)
    other.advance(20, live.settings)
    other.advance(20, live.settings)
    for mine, theirs in zip(
        jax.tree.leaves(live.run.state.generator), jax.tree.leaves(other.state.generator), strict=True
    ):
        np.testing.assert_array_equal(mine, theirs)
    assert weights and len(COMPILATIONS) == before
    live.close()


# Images


def test_thick_strokes_and_outlines_are_those_of_scipy():
    pixels = np.random.default_rng(0).integers(0, 200, (5, 8, 8, 1)).astype(np.uint8)
    cross = ndimage.generate_binary_structure(2, 1)
    for image, bold, line in zip(
        pixels[..., 0], cyclegan.thicken(pixels)[..., 0], cyclegan.outline(pixels)[..., 0], strict=True
    ):
        grown = ndimage.grey_dilation(image, footprint=cross, mode="constant", cval=0)
        shrunk = ndimage.grey_erosion(image, footprint=cross, mode="constant", cval=0)
        np.testing.assert_array_equal(bold, grown)
        np.testing.assert_array_equal(line, image - shrunk)


def test_no_partner_of_a_is_in_b_and_the_tested_images_are_new():
    made = cyclegan.domains("turned digits")
    digits, test = datasets.load("digits"), datasets.load("digits", "test")
    np.testing.assert_array_equal(made.a.pixels, np.asarray(digits.pixels)[::2])
    np.testing.assert_array_equal(made.b.pixels, np.rot90(np.asarray(digits.pixels)[1::2], axes=(1, 2)))
    np.testing.assert_array_equal(made.tested, test.images)
    np.testing.assert_array_equal(made.partners, np.rot90(np.asarray(test.images), axes=(1, 2)))
    a, b = made.pairs
    np.testing.assert_array_equal(b, np.rot90(np.asarray(a), axes=(1, 2)))
    np.testing.assert_array_equal(a, made.a.images[:30])


def test_scores_of_translations_against_numpy():
    made = cyclegan.domains("bold digits")
    best = _images._score(made.partners, made.tested, made)
    assert float(best.error) == 0 and float(best.cycle) == 0 and float(best.same_class) > 90
    itself = cyclegan.baselines()["a itself"]
    x, y = (np.asarray(images, float) for images in (made.tested, made.partners))
    expected = 100 * np.sqrt(((x - y) ** 2).mean() / ((y - y.mean(axis=0)) ** 2).mean())
    assert float(itself.error) == pytest.approx(expected, rel=1e-4)
    known = np.asarray(made.b.images, float).reshape(len(made.b), -1)
    nearest = [((known - one.ravel()) ** 2).sum(axis=1).argmin() for one in x]
    shares = np.asarray(made.b.labels)[nearest] == np.asarray(made.labels)
    assert float(itself.same_class) == pytest.approx(100 * shares.mean(), abs=0.3)


def test_a_local_translator_sees_five_by_five_pixels():
    from flax import nnx

    network = _images._Local(rngs=nnx.Rngs(0))
    x = jnp.zeros((1, 9, 9, 1))
    moved = np.asarray(network(x.at[0, 4, 4, 0].set(1.0)) - network(x))[0, :, :, 0]
    rows, columns = np.nonzero(np.abs(moved) > 1e-7)
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (2, 6, 2, 6)


@pytest.fixture(scope="module")
def translated():
    return {
        "bold": cyclegan.train_translators(300, "bold digits", "local", num_seeds=1),
        "turned": cyclegan.train_translators(300, "turned digits", "global"),
        "paired": cyclegan.train_translators(300, "turned digits", "global", pairs=30),
    }


def test_local_translators_find_the_thick_strokes_and_global_ones_not_the_turn(translated):
    assert translated["bold"].error.max() < 70 and translated["bold"].same_class.min() > 80
    assert translated["turned"].error.min() > 100 and translated["turned"].same_class.max() < 40
    assert translated["turned"].cycle.max() < 60
    assert translated["paired"].error.max() < 85 and translated["paired"].same_class.min() > 70


def test_every_control_of_the_images(monkeypatch):
    # The clothes have a test of their own: their trainings take minutes to compile.
    monkeypatch.setattr(_images, "domain_names", lambda: ["bold digits", "turned digits"])
    sweep_trainer(cyclegan.translate_images(), steps=2)


def test_the_clothes_where_their_files_are():
    if "outlines of clothes" not in cyclegan.domain_names():
        pytest.skip("Fashion-MNIST is not on this machine")
    made = cyclegan.domains("outlines of clothes")
    assert made.a.shape == (28, 28, 1) and len(made.a) == len(made.b) == 10_000
    for translators in cyclegan.TRANSLATORS:
        game = cyclegan.image_game("outlines of clothes", translators, pairs=10)
        start = jax.eval_shape(lambda game: training.init(game, jax.random.key(0)), game)
        state, _ = jax.eval_shape(training.make_step(game), start, cyclegan.IMAGE_SETTINGS)
        assert jax.tree.structure(state) == jax.tree.structure(start)


def test_the_clothes_are_offered_only_with_all_their_files(monkeypatch, tmp_path):
    monkeypatch.setenv("GANTHEORY_CACHE", str(tmp_path))
    monkeypatch.delenv("GANTHEORY_DATA", raising=False)
    monkeypatch.setattr(_images, "_INSTALLED", tmp_path / "nowhere")
    assert cyclegan.domain_names() == ["bold digits", "turned digits"]
    folder = tmp_path / "fashion_mnist"
    folder.mkdir()
    for part in ("train", "t10k"):
        for kind in ("images-idx3", "labels-idx1"):
            assert "outlines of clothes" not in cyclegan.domain_names()
            (folder / f"{part}-{kind}-ubyte.gz").touch()
    assert cyclegan.domain_names()[-1] == "outlines of clothes"
