"""Recipes: plain data, trained by the public trainer, scored by numbers that are counted again here."""

import dataclasses
import json
import runpy
import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gantheory import _leaves, distributions, games, lipschitz, recipes, training
from gantheory.distributions import GaussianMixture, grid, ring
from gantheory.recipes import BEST, METHODS, Recipe

# Every test trains this one, from two seeds, wherever it can: all of them then share one compilation.
SMALL = Recipe(
    "small", "non_saturating", width=8, batch_size=32, num_steps=30, num_critic_steps=3, schedule="linear",
    ema_decay=0.9, generator_learning_rate=1e-3, discriminator_learning_rate=2e-3,
)  # fmt: skip


def leaves(tree):
    tree = jax.tree.map(lambda x: jax.random.key_data(x) if _leaves.is_key(x) else x, tree)
    return [np.asarray(leaf) for leaf in jax.tree.leaves(tree)]


def test_the_table_has_the_classics_on_one_budget():
    kinds = {(recipe.loss, recipe.constraint) for recipe in METHODS.values()}
    assert kinds >= {
        ("minimax", "none"),
        ("non_saturating", "none"),
        ("non_saturating", "r1"),
        ("least_squares", "none"),
        ("hinge", "spectral_normalization"),
        ("wasserstein", "weight_clipping"),
        ("wasserstein", "gradient_penalty"),
    }
    rates = ("generator_learning_rate", "discriminator_learning_rate")
    for budget in ("num_steps", "batch_size", "width", "discriminator_depth", *rates):
        assert len({getattr(recipe, budget) for recipe in METHODS.values()}) == 1, budget
    assert len({recipe.title for recipe in METHODS.values()}) == len(METHODS)
    assert set(BEST) >= {"ring", "grid"} and set(BEST) <= set(recipes.TARGETS)
    assert set(BEST.values()) <= set(METHODS)


def test_each_of_these_pairs_differs_in_one_thing():
    def differing(a, b):
        a, b = (dataclasses.asdict(METHODS[name]) for name in (a, b))
        return {name for name in a if a[name] != b[name]} - {"title"}

    assert differing("non_saturating", "minimax") == {"loss"}
    assert differing("non_saturating", "constant_rates") == {"schedule", "ema_decay"}
    assert (
        differing("non_saturating", "r1") == {"constraint", "strength"} == differing("plateau", "plateau_r1")
    )
    assert differing("r1", "plateau_r1") == differing("non_saturating", "plateau")


@pytest.mark.parametrize("name", METHODS)
def test_every_recipe_makes_its_game(name):
    recipe = METHODS[name]
    game = recipes.make_game(recipe, ring())
    assert type(game.constraint) is type(
        recipes.CONSTRAINTS[recipe.constraint](*[0.5] * bool(recipe.strength))
    )
    assert [float(leaf) for leaf in leaves(game.constraint)[:1]] == pytest.approx(
        [recipe.strength] if recipe.strength else []
    )
    assert game.batch_size == recipe.batch_size and game.prior.dim == recipe.prior_dim
    assert game.prior.std.tolist() == [recipe.prior_std] * recipe.prior_dim
    generator, discriminator = jax.eval_shape(game.init, jax.random.key(0))

    def kernels(player):
        return [leaf.shape for leaf in jax.tree.leaves(player.params) if len(leaf.shape) == 2]

    hidden = [(recipe.width, recipe.width)]
    assert kernels(generator) == [
        (recipe.prior_dim, recipe.width), *hidden * (recipe.generator_depth - 1), (recipe.width, 2),
    ]  # fmt: skip
    assert kernels(discriminator) == [
        (2, recipe.width), *hidden * (recipe.discriminator_depth - 1), (recipe.width, 1),
    ]  # fmt: skip


def test_the_activations_are_those_of_the_recipe():
    z = jnp.array([[1e6, 1e6]])
    for activation, bounded in (("tanh", True), ("leaky_relu", False)):
        game = recipes.make_game(dataclasses.replace(SMALL, generator_activation=activation), ring())
        x = games.generator_function(game, training.init(game, jax.random.key(0)))(z)
        assert bool(jnp.abs(x).max() < 10) is bounded


def test_settings_follow_the_recipe():
    recipe = METHODS["plateau_r1"]
    settings = recipes.make_settings(recipe, 100)
    assert float(settings.generator_learning_rate) == pytest.approx(recipe.generator_learning_rate)
    assert float(settings.discriminator_learning_rate) == pytest.approx(recipe.discriminator_learning_rate)
    assert int(settings.num_critic_steps) == recipe.num_critic_steps
    assert float(settings.ema_decay) == pytest.approx(recipe.ema_decay)
    assert [round(float(settings.schedule(step)), 6) for step in (0, 50, 100)] == [1.0, 0.5, 0.0]
    own = recipes.make_settings(recipe).schedule
    assert float(own(recipe.num_steps // 2)) == pytest.approx(0.5) and float(own(recipe.num_steps)) == 0
    assert recipes.make_settings(METHODS["constant_rates"]).schedule is None


def test_a_run_is_the_training_done_by_hand():
    result = recipes.run(SMALL, ring(), seeds=[7, 8])
    game = recipes.make_game(SMALL, ring())
    settings = training.Settings(
        1e-3, 2e-3, num_critic_steps=3, ema_decay=0.9, schedule=training.linear_decay(30)
    )
    keys = [jax.random.split(jax.random.key(seed), 3) for seed in (7, 8)]
    states = training.init_many(game, jnp.stack([train_key for train_key, _, _ in keys]))
    states, _ = training.train_many(game, states, 30, settings)
    states = training.averaged(states)
    for a, b in zip(leaves(result.states), leaves(states), strict=True):
        np.testing.assert_array_equal(a, b)
    for i, (_, samples_key, score_key) in enumerate(keys):
        state = jax.tree.map(lambda x, i=i: x[i], states)
        samples = games.generate(game, state, samples_key, recipes.NUM_SAMPLES)
        np.testing.assert_allclose(result.samples[i], samples, rtol=1e-4, atol=1e-5)
        for a, b in zip(result.score, recipes.score(score_key, samples, ring()), strict=True):
            np.testing.assert_allclose(a[i], b, rtol=1e-3, atol=1e-6)


def test_the_same_seeds_give_the_same_numbers_and_others_do_not():
    first, again = (recipes.run(SMALL, ring(), seeds=[3, 4]) for _ in range(2))
    for a, b in zip(leaves((first.states, first.score)), leaves((again.states, again.score)), strict=True):
        np.testing.assert_array_equal(a, b)
    assert not np.allclose(first.samples[0], first.samples[1])
    other = recipes.run(SMALL, ring(), seeds=[4, 5])
    np.testing.assert_allclose(first.samples[1], other.samples[0], rtol=1e-3, atol=1e-3)


def test_the_place_and_the_scale_of_the_data_change_nothing_else():
    law = ring(std=0.1)
    moved = GaussianMixture(10 * law.means + jnp.array([[100.0, -50.0]]), 10 * law.std)
    near, far = (recipes.run(SMALL, target, seeds=[0, 1]) for target in (law, moved))
    np.testing.assert_allclose(
        (far.samples - jnp.array([[100.0, -50.0]])[None]) / 10, near.samples, atol=2e-3
    )
    np.testing.assert_allclose(far.score.sliced_w1 / 10, near.score.sliced_w1, rtol=1e-2)


def test_the_target_enters_through_its_samples_alone():
    bare = recipes.run(SMALL, OnlySamples(), seeds=[0, 1])
    full = recipes.run(SMALL, ring(), seeds=[0, 1])
    np.testing.assert_allclose(bare.samples, full.samples, atol=1e-4)
    assert np.isnan(bare.score.modes).all() and np.isfinite(bare.score.sliced_w1).all()


class OnlySamples(distributions.Distribution):
    """A law that has the ring's samples, and nothing else that a game could look at: no leaves, no means."""

    dim = 2

    def _sample(self, key, n):
        return ring()._sample(key, n)

    def _log_prob(self, x):
        raise TypeError


jax.tree_util.register_static(OnlySamples)


def test_scores_are_counted_rightly():
    law, key = grid(), jax.random.key(0)
    samples = np.asarray(law.sample(jax.random.key(1), 2500), np.float64)
    samples[:500] = [[1.0, 1.0]]  # halfway between modes
    found = recipes.score(key, samples, law)
    distances = np.linalg.norm(samples[:, None] - np.asarray(law.means, np.float64)[None], axis=-1)
    good = distances.min(axis=1) <= 0.15
    assert float(found.high_quality) == pytest.approx(good.mean(), abs=1e-6) and 0.75 < good.mean() < 0.8
    assert int(found.modes) == len(set(distances.argmin(axis=1)[good])) == 25
    shares = np.bincount(distances[500:].argmin(axis=1), minlength=25).astype(float)
    shares[np.asarray(found_nearest(samples[0], law))] += 500
    shares /= 2500
    assert float(found.histogram_kl) == pytest.approx(np.sum(shares * np.log(25 * shares)), abs=1e-4)

    kept, nearest = samples[good], distances.argmin(axis=1)[good]
    groups = [kept[nearest == k] for k in range(25)]
    spread = sum(((group - group.mean(axis=0)) ** 2).sum() for group in groups) / (2 * (len(kept) - 25))
    assert float(found.mode_width) == pytest.approx(np.sqrt(spread) / 0.05, rel=1e-3)
    # A standard Gaussian in the plane, cut off beyond 3: E r^2 = 2 - 9 e^-4.5 / (1 - e^-4.5).
    perfect = np.sqrt((2 - 9 * np.exp(-4.5) / (1 - np.exp(-4.5))) / 2)
    assert float(found.mode_width) == pytest.approx(perfect, abs=0.05)

    one = recipes.score(key, ring().means[:1].repeat(100, axis=0), ring())
    assert float(one.modes) == 1 and float(one.high_quality) == 1
    assert float(one.mode_width) == 0
    assert np.isnan(recipes.score(key, jnp.zeros((10, 2)), ring()).mode_width)
    assert float(one.histogram_kl) == pytest.approx(np.log(8), rel=1e-5)
    # All mass at (1, 0), against a circle of radius 1: the mean over directions of the mean distance on a line.
    points, angles = np.asarray(ring().means), np.linspace(0, np.pi, 1000)
    directions = np.stack([np.cos(angles), np.sin(angles)])
    expected = np.abs((points - points[0]) @ directions).mean()
    assert float(one.sliced_w1) == pytest.approx(expected, rel=0.1)


def found_nearest(x, law):
    return int(np.argmin(np.linalg.norm(np.asarray(law.means) - x, axis=1)))


def test_the_best_recipe_gets_good_in_a_short_training():
    recipe = METHODS[BEST["ring"]]
    short, longer = (recipes.run(recipe, ring(), seeds=[11, 12], num_steps=n).score for n in (200, 4000))
    assert (longer.modes == 8).all() and (longer.high_quality > 0.9).all(), longer
    assert (longer.histogram_kl < 0.02).all() and (longer.sliced_w1 < 0.1).all(), longer
    assert (short.high_quality < 0.3).all() and (longer.sliced_w1 < short.sliced_w1).all(), short


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"loss": "kl"}, "loss must be one of minimax, non_saturating"),
        ({"constraint": "l2"}, "constraint must be one of none, weight_clipping"),
        ({"schedule": "step"}, "schedule must be one of constant, cosine, linear, got 'step'"),
        ({"generator_activation": "sine"}, "generator_activation must be one of relu"),
        ({"width": 0}, "width must be a whole number of at least 1"),
        ({"prior_std": 0.0}, "prior_std must be a finite number above 0"),
        ({"ema_decay": 1.0}, "ema_decay must be a finite number at least 0 and below 1"),
        ({"constraint": "r1"}, "strength of r1 must be a number, got None"),
        ({"constraint": "r1", "strength": -1.0}, "strength must be a finite number at least 0"),
        ({"strength": 0.01}, "strength of none must be None, got 0.01"),
    ],
)
def test_a_wrong_recipe_is_refused_in_one_sentence(wrong, sentence):
    with pytest.raises((TypeError, ValueError), match=sentence):
        dataclasses.replace(SMALL, **wrong)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: recipes.run("r1", ring()), "recipe must be a recipes.Recipe, got 'r1'"),
        (lambda: recipes.run(SMALL, "ring"), "target must be one of gantheory.distributions, got 'ring'"),
        (lambda: recipes.run(SMALL, ring(), []), "seeds must be a non-empty list of whole numbers"),
        (lambda: recipes.run(SMALL, ring(), [0.5]), "a seed must be a whole number"),
        (
            lambda: recipes.run(SMALL, ring(), [0], num_steps=0),
            "num_steps must be a whole number of at least 1",
        ),
        (lambda: recipes.run(SMALL, ring(), [0], num_samples=0), "num_samples must be a whole number"),
        (lambda: recipes.score(jax.random.key(0), [1.0], ring()), "samples must be a non-empty array"),
    ],
)
def test_wrong_arguments_are_refused_in_one_sentence(call, sentence):
    with pytest.raises((TypeError, ValueError), match=sentence):
        call()


def test_points_of_no_width_are_no_division_by_zero():
    assert recipes.standardization(distributions.Empirical([[2.0, 3.0]])) == ((2.0, 3.0), 1.0)
    mean, std = recipes.standardization(GaussianMixture([[10.0, 0.0], [12.0, 0.0]], 1.0))
    np.testing.assert_allclose([*mean, std], [11.0, 0.0, np.sqrt(1.5)], atol=0.05)


def test_the_constraints_table_is_that_of_lipschitz():
    made = {type(make(*[0.5] * (name not in ("none", "spectral_normalization"))))
            for name, make in recipes.CONSTRAINTS.items()}  # fmt: skip
    assert len(made) == len(recipes.CONSTRAINTS)
    assert all(issubclass(kind, lipschitz.Constraint) for kind in made)


@pytest.fixture(scope="module")
def stored():
    """What the notebook and the README quote."""
    return {(row["target"], row["method"]): row for row in recipes.stored_table()["rows"]}


def test_no_method_is_left_out_of_the_stored_table(stored):
    assert set(stored) == {(t, m) for t in ("ring", "grid") for m in ("target", *METHODS)}


def test_the_stored_table_is_of_the_recipes_as_they_stand(stored):
    for (_, method), row in stored.items():
        if method != "target":
            assert Recipe(**row["recipe"]) == METHODS[method], method


def test_stored_means_and_deviations_are_those_of_five_seeds(stored):
    for row in stored.values():
        assert len(set(row["seeds"])) == 5
        for name in recipes.Score._fields:
            if None not in row[name]:  # a width that nothing was there to measure
                assert row["mean"][name] == pytest.approx(np.mean(row[name]))
                assert row["deviation"][name] == pytest.approx(np.std(row[name], ddof=1))


@pytest.mark.parametrize(("target", "modes", "quality"), [("ring", 8, 0.95), ("grid", 25, 0.93)])
def test_the_stored_best_reaches_its_aim(stored, target, modes, quality):
    best = stored[target, BEST[target]]["mean"]
    assert best["modes"] == modes and best["high_quality"] >= quality
    perfect = stored[target, "target"]["mean"]["high_quality"]
    assert perfect == pytest.approx(1 - np.exp(-4.5), abs=0.003)


def test_the_benchmark_makes_the_table(tmp_path, monkeypatch, capsys):
    scripts = Path(__file__).parents[1] / "benchmarks"
    monkeypatch.syspath_prepend(str(scripts))
    monkeypatch.setitem(recipes.METHODS, "r1", SMALL)
    output = tmp_path / "table.json"
    options = "--targets ring --methods r1 --seeds 2 --first-seed 3 --steps 5 --output"
    monkeypatch.setattr(sys, "argv", ["toy_table.py", *options.split(), str(output)])
    with pytest.raises(SystemExit) as done:
        runpy.run_path(str(scripts / "toy_table.py"), run_name="__main__")
    assert not done.value.code
    stored = json.loads(output.read_text())
    target, mine = stored["rows"]
    assert target["method"] == "target" and mine["method"] == "r1" and mine["seeds"] == [3, 4]
    again = recipes.run(SMALL, ring(), [3, 4], num_steps=5)
    np.testing.assert_allclose(mine["sliced_w1"], again.score.sliced_w1, rtol=1e-5)
    assert mine["recipe"]["num_steps"] == 5 and "--first-seed 3 --steps 5" in stored["command"]
    printed = capsys.readouterr().out
    assert f"| {SMALL.title} |" in printed and "as published: PacGAN4" in printed
