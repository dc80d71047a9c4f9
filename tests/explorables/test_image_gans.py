"""Notebook 09: what is measured of the data is right, the games side by side are apart, every control works."""

import json
from importlib import resources

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gantheory import classifiers, datasets, games, lipschitz, training
from gantheory.explorables import image_gans
from gantheory.explorables.image_gans import _games, _scores, _side_by_side
from tests.compilations import COMPILATIONS
from tests.sweep import check_picture, sweep, sweep_trainer

# How thin the data lie


def test_components_are_those_of_scikit_learn():
    from sklearn.decomposition import PCA

    x = np.asarray(datasets.load("digits").images, float).reshape(-1, 64)
    expected = PCA(20).fit(x)
    found = image_gans.principal_components()
    np.testing.assert_allclose(found.mean, expected.mean_, atol=1e-6)
    np.testing.assert_allclose(found.variances[:20], expected.explained_variance_, rtol=1e-5)
    along = np.abs((found.directions[:20] * expected.components_).sum(axis=1))
    np.testing.assert_allclose(along, 1, atol=1e-3)


def test_distances_to_neighbours_are_those_of_scipy():
    from scipy.spatial import cKDTree

    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(30, 4)), rng.normal(size=(50, 4))
    np.testing.assert_allclose(image_gans.to_nearest(x, y, 3), cKDTree(y).query(x, 3)[0], atol=1e-9)
    itself = image_gans.to_nearest(x, x, 2, leave_out_self=True)
    np.testing.assert_allclose(itself, cKDTree(x).query(x, 3)[0][:, 1:], atol=1e-6)


@pytest.mark.parametrize("dim", [1, 2, 5])
def test_the_dimension_of_a_sheet_is_found(dim):
    rng = np.random.default_rng(dim)
    sheet = rng.uniform(size=(2000, dim)) @ np.linalg.qr(rng.normal(size=(12, dim)))[0].T
    # The estimate's standard error is d / sqrt(n), 2 %; the edges of the sheet cost a little.
    assert image_gans.dimension_estimate(sheet) == pytest.approx(dim, rel=0.1)
    assert image_gans.dimension_estimate(7 * sheet + 1) == pytest.approx(image_gans.dimension_estimate(sheet))


def test_the_laws_are_what_they_are_called():
    x = np.asarray(datasets.load("digits").images, float).reshape(-1, 64)
    gaussian = image_gans.draw("Gaussian, same covariance", 20_000)
    np.testing.assert_allclose(gaussian.mean(axis=0), x.mean(axis=0), atol=0.03)
    np.testing.assert_allclose(np.cov(gaussian.T), np.cov(x.T), atol=0.03)
    shuffled = image_gans.draw("digits, pixels shuffled", 20_000)
    np.testing.assert_allclose(shuffled.mean(axis=0), x.mean(axis=0), atol=0.03)
    off = np.cov(shuffled.T)[~np.eye(64, dtype=bool)]
    assert abs(off).max() < 0.03 < 0.2 < abs(np.cov(x.T)[~np.eye(64, dtype=bool)]).max()
    noise = image_gans.draw("uniform noise", 1000)
    assert noise.min() < -0.99 and noise.max() > 0.99 and abs(noise.mean()) < 0.02
    held_out = image_gans.draw("held-out digits", 10)
    np.testing.assert_allclose(held_out.reshape(10, 8, 8, 1), datasets.load("digits", "test").images[:10])


@pytest.mark.parametrize("make", [image_gans.components, image_gans.neighbours])
def test_every_control_of_the_views(make):
    sweep(make())


def test_all_directions_keep_everything():
    live = image_gans.components()
    said = {}
    for k in (0, 64):
        live.controls["k"].value = k
        assert live.settle(30)
        said[k] = live.stage.alt
    live.close()
    assert "keep 0 %" in said[0] and "keep 100 %" in said[64]


# The games


@pytest.fixture(scope="module")
def four():
    game = image_gans.four_methods()
    start = training.init(game, jax.random.key(0))
    state, _ = training.train(game, start, 20, training.Settings(**image_gans.SHARED_RATES))
    return game, start, state


def test_all_methods_start_from_the_same_weights(four):
    game, start, state = four
    first, *others = game.states(start)
    for one in others:
        for player in ("generator", "discriminator"):
            equal = jax.tree.map(np.array_equal, getattr(first, player).params, getattr(one, player).params)
            assert all(jax.tree.leaves(equal))
    # And end up in different ones.
    first, *others = game.states(state)
    for one in others:
        equal = jax.tree.map(np.array_equal, first.generator.params, one.generator.params)
        assert not any(jax.tree.leaves(equal))


def test_each_method_learns_what_it_learns_alone(four):
    game, start, _ = four
    settings = training.Settings(**image_gans.SHARED_RATES)
    together, _ = training.train(game, start, 2, settings)
    alone = image_gans.Together(game.games[1:2])
    state, _ = training.train(alone, training.init(alone, jax.random.key(0)), 2, settings)
    for player in ("generator", "discriminator"):
        expected, found = getattr(state, player).params[0], getattr(together, player).params[1]
        jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, atol=2e-4), expected, found)


def test_only_the_clipped_critic_is_clipped(four):
    game, _, state = four
    clip = float(game.games[1].constraint.clip)
    largest = [
        max(float(abs(leaf).max()) for leaf in jax.tree.leaves(one.discriminator.params))
        for one in game.states(state)
    ]
    assert largest[1] <= clip * (1 + 1e-6)
    assert all(size > 2 * clip for i, size in enumerate(largest) if i != 1)
    names = [type(one.constraint) for one in game.games]
    assert names == [
        type(make) for make in (
            lipschitz.unconstrained(), lipschitz.weight_clipping(1.0), lipschitz.gradient_penalty(),
            lipschitz.spectral_normalization(),
        )
    ]  # fmt: skip


def test_scores_are_those_of_evaluate(four):
    game, _, state = four
    found = image_gans.score_each(game, state)["WGAN-GP"]
    one = game.states(training.averaged(state))[2]
    images = games.generate(image_gans.image_game(), one, jax.random.key(7), image_gans.NUM_SCORED)
    expected = classifiers.evaluate(classifiers.load("digits"), datasets.load("digits", "test"), images)
    assert float(found["frechet"]) == pytest.approx(float(expected.frechet_distance), rel=1e-3)
    # Compiled otherwise, an image between two classes may fall into the other one.
    assert float(found["class_kl"]) == pytest.approx(float(expected.class_kl), abs=0.01)
    np.testing.assert_allclose(found["shares"], expected.class_balance, atol=2.5 / image_gans.NUM_SCORED)


def test_every_control_side_by_side(four):
    live = image_gans.side_by_side()
    assert list(live.run.measured) == [
        f"{name}: {what}" for name in image_gans.METHODS for what in ("frechet", "class_kl")
    ]
    sweep_trainer(live, steps=2)


def test_real_digits_are_nearer_than_anything_made(four):
    assert 0 < _side_by_side._floor() < 0.03
    assert all(found["frechet"] > 0.1 for found in image_gans.score_each(*four[:2]).values())


# The training to watch


@pytest.fixture(scope="module")
def trained():
    game = image_gans.image_game()
    start = training.init(game, jax.random.key(0))
    state, _ = training.train(game, start, 500, training.Settings(**image_gans.RATES))
    return game, start, state


def test_digits_are_learnt(trained):
    game, start, state = trained
    before, after = (image_gans.score("digits", game, training.averaged(one)) for one in (start, state))
    assert after["frechet"] < before["frechet"] / 8
    assert after["class_kl"] < 0.15 and (after["shares"] > 0.01).all()


def test_a_slow_discriminator_collapses_the_generator(trained):
    game, start, _ = trained
    state, _ = training.train(game, start, 600, training.Settings(**image_gans.SLOW_D))
    found = image_gans.score("digits", game, state)
    assert found["class_kl"] > 1 and found["frechet"] > 0.5
    images = np.asarray(games.generate(game, state, jax.random.key(0), image_gans.NUM_SCORED))
    data = np.asarray(game.target.images)
    assert images.std(axis=0).mean() < data.std(axis=0).mean() / 4


def test_gamma_moves_without_a_compilation():
    live = image_gans.digits_gan()
    live.step_once()
    before = COMPILATIONS.count
    for gamma in (0.1, 3.0):
        live.controls["gamma"].value = gamma
        live.step_once()
        assert f"γ = {gamma:g}" in live.stage.alt
    assert before == COMPILATIONS.count
    live.close()


@pytest.mark.parametrize("slow", [False, True])
def test_every_control_of_the_training(slow, monkeypatch):
    # Larger digits in place of clothes, scored without a classifier of their own.
    digits = datasets.load("digits")
    wide = np.pad(np.asarray(digits.pixels)[:, ::-1], ((0, 0), (2, 2), (2, 2), (0, 0)))
    larger = datasets.Dataset(wide, digits.labels, digits.names, level=digits.level)
    monkeypatch.setattr(_games, "dataset", lambda name: digits if name == "digits" else larger)
    judge, score = _scores.judge("digits"), _scores.score
    monkeypatch.setattr(_scores, "judge", lambda name: judge)

    def ink(name, game, state):
        if name == "digits":
            return score(name, game, state)
        images = games.generate(game, state, jax.random.key(0), 50)
        assert images.shape == (50, 12, 12, 1)
        return {"frechet": images.std(), "class_kl": jnp.float32(0.5), "shares": jnp.full(10, 0.1)}

    monkeypatch.setattr(_scores, "score", ink)
    _games._some_game.cache_clear()
    try:
        live = image_gans.digits_gan(slow_discriminator=slow)
        assert live.run.state.step == 0
        live.controls["data"].value = "fashion_mnist"
        assert float(live.settings.generator_learning_rate) == pytest.approx(5e-4)
        assert live.stage.alt.startswith("fashion_mnist, γ = 1, step 0") and live.message.value == ""
        live.controls["data"].value = "digits"
        assert live.stage.alt.startswith(f"digits, γ = {image_gans.GAMMA:g}, step 0")
        sweep_trainer(live, steps=2)
    finally:
        _games._some_game.cache_clear()


def test_a_dataset_that_is_nowhere_is_said_politely(monkeypatch):
    def nowhere(name):
        if name == "digits":
            return datasets.load(name)
        raise FileNotFoundError("Put the files of fashion_mnist into a folder and name it in GANTHEORY_DATA.")

    live = image_gans.digits_gan()
    monkeypatch.setattr(_games, "dataset", nowhere)
    live.step_once()
    live.controls["data"].value = "fashion_mnist"
    assert "GANTHEORY_DATA" in live.message.value
    assert live.controls["data"].value == "digits" and live.run.game.target.shape == (8, 8, 1)
    live.step_once()
    assert live.stage.alt.startswith("digits")
    live.close()


# From image to image


def test_the_ways_meet_at_their_ends_and_the_sphere_keeps_the_length():
    rng = np.random.default_rng(0)
    a, b = (jnp.asarray(rng.normal(size=(50, 8)), jnp.float32) for _ in range(2))
    for way in (image_gans.mix, image_gans.on_sphere):
        np.testing.assert_allclose(way(a, b, 0.0), a, atol=1e-5)
        np.testing.assert_allclose(way(a, b, 1.0), b, atol=1e-5)
    unit_a, unit_b = (x / jnp.linalg.norm(x, axis=1, keepdims=True) for x in (a, b))
    for t in (0.2, 0.5):
        turned = image_gans.on_sphere(unit_a, unit_b, t)
        np.testing.assert_allclose(jnp.linalg.norm(turned, axis=1), 1, atol=1e-5)
        # The angle grows evenly.
        whole = np.arccos(np.clip((unit_a * unit_b).sum(axis=1), -1, 1))
        part = np.arccos(np.clip((unit_a * turned).sum(axis=1), -1, 1))
        np.testing.assert_allclose(part, t * whole, atol=1e-3)
    np.testing.assert_allclose(image_gans.on_sphere(a, a, 0.5), a, atol=1e-5)


def test_pairs_are_of_different_classes(trained):
    game, _, state = trained
    first, second = image_gans.ends(game, state, 20)
    assert first.shape == second.shape == (20, image_gans.PRIOR_DIM)
    generate = games.generator_function(game, training.averaged(state))
    classifier = classifiers.load("digits")
    one, other = (np.asarray(classifier.predict(generate(jnp.asarray(z)))) for z in (first, second))
    assert (one != other).all()


def test_scores_along_the_ways(trained):
    game, _, state = trained
    live = image_gans.interpolation(game, state)
    live.controls["position"].value = 0.25
    assert live.settle(30)
    first, second = (jnp.asarray(z[:1]) for z in image_gans.ends(game, state, 200))
    generate = games.generator_function(game, training.averaged(state))
    score = games.discriminator_function(game, state)
    pixels = float(score(image_gans.mix(generate(first), generate(second), 0.25))[0])
    z = float(score(generate(image_gans.on_sphere(first, second, 0.25)))[0])
    assert (
        f"at 0.25: D gives the mixture of pixels {pixels:.2f} and the image of the mixed z {z:.2f}"
        in live.stage.alt
    )
    check_picture(live)
    sweep(live)


def test_ghosts_score_lower_than_what_they_are_made_of(trained):
    game, _, state = trained
    images, labels = (
        np.asarray(x) for x in (lambda d: (d.images, d.labels))(datasets.load("digits", "test"))
    )
    first, second = np.random.default_rng(0).integers(0, len(images), (2, 300))
    other = labels[first] != labels[second]
    a, b = images[first[other]], images[second[other]]
    D = games.discriminator_function(game, state)
    assert float(((D(jnp.asarray(a + b) / 2)) < (D(jnp.asarray(a)) + D(jnp.asarray(b))) / 2).mean()) > 0.9


def test_a_gaussian_draws_farther_from_digits_than_digits_are():
    train = np.asarray(datasets.load("digits").images, float).reshape(-1, 64)
    far, near = (
        np.median(image_gans.to_nearest(image_gans.draw(law, 355), train)) for law in image_gans.LAWS[1::-1]
    )
    assert (round(far, 1), round(near, 1)) == (3.6, 2.1)


# Longer runs


def test_no_stored_run_on_digits_comes_as_near_as_real_digits_do():
    """What the prediction before the gallery says."""
    for run in image_gans.stored_runs():
        if run.data == "digits":
            assert run.row["frechet_distance"] > 2 * run.real["frechet_distance"]
            assert run.row["precision"] < run.real["precision"]


def test_every_stored_run_is_shown_with_its_command_and_figures():
    runs = image_gans.stored_runs()
    assert len({run.name for run in runs}) == len(runs) > 0
    live = image_gans.gallery()
    for run in runs:
        live.controls["run"].value = run.name
        assert live.settle(30)
        check_picture(live)
        assert f"Fréchet distance {run.row['frechet_distance']:.3f}" in live.stage.alt
        assert f"{run.row['steps']:,} steps" in live.stage.alt
        height, width = run.picture.shape
        assert min(height, width) > 60 and 0 <= run.picture.min() < 0.1 < run.picture.mean() < 0.6
        assert run.command.startswith("python benchmarks/") and len(run.classes) == 10
    sweep(live, idle=("run",) if len(runs) == 1 else ())


def test_the_table_has_every_method_with_all_its_seeds():
    live = image_gans.stored_table()
    for _, data in live.controls["data"].options:
        live.controls["data"].value = data
        assert live.settle(30)
        check_picture(live)
        stored = json.loads((resources.files("gantheory") / "results" / f"{data}.json").read_text())
        titles = {row["title"]: [] for row in stored["rows"]}
        for row in stored["rows"]:
            titles[row["title"]].append(row)
        assert len(titles) >= 4
        said = live.stage.alt.split("means: ")[1].split("; ")
        for words, (title, rows) in zip(said, titles.items(), strict=True):
            distance, precision, recall = (
                np.mean([row[score] for row in rows]) for score in ("frechet_distance", "precision", "recall")
            )
            assert words.startswith(f"{title}: {len(rows)} seed")
            assert words.endswith(f"distance {distance:.3f}, precision {precision:.2f}, recall {recall:.2f}")
    live.close()


def test_the_gallery_shows_what_is_stored_and_nothing_else(monkeypatch, tmp_path):
    from gantheory.explorables.image_gans import _gallery

    stored = json.loads((resources.files("gantheory") / "results" / "digits.json").read_text())
    row = stored["rows"][0]
    (tmp_path / "results").mkdir()
    picture = (resources.files("gantheory") / "results" / row["picture"]).read_bytes()
    (tmp_path / "results" / row["picture"]).write_bytes(picture)
    rows = [row | {"seed": 7}, {name: value for name, value in row.items() if name != "picture"}]
    (tmp_path / "results" / "fashion_mnist.json").write_text(json.dumps(stored | {"rows": rows}))
    monkeypatch.setattr(_gallery.resources, "files", lambda package: tmp_path)
    _gallery.stored_runs.cache_clear()
    try:
        (run,) = _gallery.stored_runs()
        assert run.name == f"Fashion-MNIST: {row['title']}, seed 7" and run.classes[9] == "Ankle boot"
        live = _gallery.gallery()
        check_picture(live)
        live.close()
    finally:
        _gallery.stored_runs.cache_clear()
