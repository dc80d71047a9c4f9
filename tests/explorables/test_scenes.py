"""The scenes show what they say: every drawn thing is computed again, by other means where there are any."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.stats
from matplotlib.backends.backend_agg import FigureCanvasAgg

from gantheory import distributions, games, plotting, training
from gantheory.explorables import scenes
from gantheory.explorables.scenes import _scene, _traces
from gantheory.live.stage import Stage
from gantheory.live.trainer import Run
from gantheory.networks import MLP


def _game(dim, target):
    return games.gan(
        lambda rngs: MLP(dim, dim, width=16, rngs=rngs),
        lambda rngs: MLP(dim, 1, width=16, rngs=rngs),
        "non_saturating",
        prior=distributions.Gaussian(np.zeros(dim), np.ones(dim)),
        target=target,
        batch_size=64,
    )


@pytest.fixture(scope="module")
def line_game():
    return _game(1, distributions.GaussianMixture([[-2.0], [1.0]], 0.5, [0.25, 0.75]))


@pytest.fixture(scope="module")
def plane_game():
    return _game(2, distributions.Gaussian([0.7, -0.4], [0.3, 0.6]))


def _trained(game, scene, steps=60, **settings):
    run = Run(game, seed=3, measure=scene.measure, **settings)
    run.advance(steps, training.Settings(2e-3, 4e-3))
    return run


def _probability(game, state, x):
    return np.asarray(jax.nn.sigmoid(games.discriminator_function(game, state)(jnp.asarray(x))), float)


def test_the_line_shows_d_the_density_and_the_samples(line_game):
    scene = scenes.Line1D()
    run = _trained(line_game, scene)
    words = scene.update(run)

    x = scene._score.line.get_xdata()
    np.testing.assert_allclose(
        scene._score.line.get_ydata(), _probability(line_game, run.state, x[:, None]), atol=1e-5
    )
    p = 0.25 * scipy.stats.norm.pdf(x, -2, 0.5) + 0.75 * scipy.stats.norm.pdf(x, 1, 0.5)
    np.testing.assert_allclose(scene._data.line.get_ydata(), p, atol=1e-5)

    fake = np.asarray(games.generate(line_game, run.state, jax.random.key(_scene.LOOK_KEY), 2000))[:, 0]
    heights, edges, _ = scene._bars.steps.get_data()
    np.testing.assert_allclose(
        heights, np.histogram(fake, edges)[0] / (fake.size * np.diff(edges)), atol=1e-6
    )
    assert f"mean {fake.mean():.2f}, standard deviation {fake.std():.2f}" in words
    assert f"value V(G, D) {run.value[-1]:.3f}" in words
    assert f"binned JS {run.measured['binned_js'][-1]:.3f}" in words


def test_the_best_d_is_that_of_the_smoothed_samples(line_game):
    scene = scenes.Line1D()
    run = _trained(line_game, scene)
    scene.update(run)
    x, best = scene._best.line.get_data()
    fake = np.asarray(games.generate(line_game, run.state, jax.random.key(_scene.LOOK_KEY), 2000))[:, 0]
    # scipy's bandwidth is a factor of the samples' standard deviation.
    q = scipy.stats.gaussian_kde(fake, bw_method=0.1 / fake.std(ddof=1))(x)
    p = 0.25 * scipy.stats.norm.pdf(x, -2, 0.5) + 0.75 * scipy.stats.norm.pdf(x, 1, 0.5)
    shown = np.isfinite(best)
    np.testing.assert_allclose(best[shown], (p / (p + q))[shown], atol=2e-3)
    # Where there is next to nothing of either law there is nothing to say.
    assert shown[(p + q) > 2e-3].all() and not shown[(p + q) < 5e-4].any() and not shown.all()


def test_raw_scores_and_no_best_d(line_game):
    scene = scenes.Line1D(raw=(-8.0, 8.0), best=False)
    run = _trained(line_game, scene)
    scene.update(run)
    x = scene._score.line.get_xdata()[:, None]
    scores = games.discriminator_function(line_game, run.state)(jnp.asarray(x, jnp.float32))
    np.testing.assert_allclose(scene._score.line.get_ydata(), scores, atol=1e-5)
    assert len(scene.artists) == len(scenes.Line1D().artists) - 1


def test_distances_are_measured_against_an_outside_oracle(line_game, plane_game):
    scene = scenes.Line1D(traced=(scenes.VALUE, scenes.W1))
    run = _trained(line_game, scene)
    real_key, fake_key = jax.random.split(jax.random.key(_scene.LOOK_KEY))
    real = np.asarray(line_game.target.sample(real_key, 2000))[:, 0]
    fake = np.asarray(games.generate(line_game, run.state, fake_key, 2000))[:, 0]
    expected = scipy.stats.wasserstein_distance(real, fake)
    assert run.measured["w1"][-1] == pytest.approx(expected, rel=1e-4)
    assert list(run.measured) == ["w1"] and list(run.measured_at) == [0, 60]
    assert f"W1 between samples {expected:.3f}" in scene.update(run)

    scene = scenes.Plane2D(traced=(scenes.SLICED_W1, scenes.BINNED_JS))
    run = _trained(plane_game, scene)
    fake = np.asarray(games.generate(plane_game, run.state, fake_key, 2000))
    real = np.asarray(plane_game.target.sample(real_key, 2000))
    angles = np.pi * (np.arange(200) + 0.5) / 200
    slices = [
        scipy.stats.wasserstein_distance(*(c @ [np.cos(a), np.sin(a)] for c in (real, fake))) for a in angles
    ]
    # 32 random directions against 200 even ones.
    assert run.measured["sliced_w1"][-1] == pytest.approx(np.mean(slices), rel=0.2)
    edges = np.linspace(-2, 2, 17)
    counts = [
        np.histogram2d(*np.clip(c, -1.999, 1.999).T, bins=(edges, edges))[0].ravel() / 2000
        for c in (real, fake)
    ]
    middle = sum(counts) / 2
    js = sum(scipy.stats.entropy(c, middle) for c in counts) / 2
    assert run.measured["binned_js"][-1] == pytest.approx(js, abs=1e-4)


def test_arrows_are_minus_the_gradient_of_the_generators_loss(plane_game):
    scene = scenes.Plane2D(num_arrows=30)
    run = _trained(plane_game, scene)
    scene.update(run)
    starts = np.asarray(scene._arrows.quiver.get_offsets())
    vectors = np.stack([scene._arrows.quiver.U, scene._arrows.quiver.V], axis=1)
    np.testing.assert_allclose(starts, np.stack(scene._fake.line.get_data(), axis=1)[:30], atol=1e-6)

    # The oracle: differences of L_G = -log D, from scores alone.
    step = 1e-2

    def loss(x):
        return np.logaddexp(
            0, -np.asarray(games.discriminator_function(plane_game, run.state)(jnp.asarray(x)), float)
        )

    along = [(loss(starts + step * e) - loss(starts - step * e)) / (2 * step) for e in np.eye(2)]
    slope = np.stack(along, axis=1)
    norms = np.linalg.norm(slope, axis=1)
    # At most a tenth of the square's side; kinks of the network spoil some differences.
    expected = -0.4 * slope / (norms + 0.25)[:, None]
    close = np.abs(vectors - expected).max(axis=1) < 5e-3
    assert close.mean() > 0.8
    assert np.linalg.norm(vectors, axis=1).max() < 0.4 and norms.max() > 0.05


def test_the_heat_map_stands_where_d_says(plane_game):
    scene = scenes.Plane2D(num_arrows=1)
    run = _trained(plane_game, scene, steps=200)
    stage = Stage(scene.figure, scene.artists)
    stage.draw(lambda: scene.update(run))
    heat = np.asarray(scene._heat.image.get_array())
    for row, column in [(0, 0), (3, 50), (59, 10), (30, 30)]:
        x = [[-2 + 4 * (column + 0.5) / 60, -2 + 4 * (row + 0.5) / 60]]
        assert heat[row, column] == pytest.approx(_probability(plane_game, run.state, x)[0], abs=1e-5)

    # And in the picture: colours at places without any point or line.
    ax = scene._heat.image.axes
    buffer = np.asarray(stage._canvas.buffer_rgba())[::-1, :, :3].astype(int)
    taken = np.concatenate(
        [np.stack(line.get_data(), axis=1) for line in (scene._real.line, scene._fake.line)]
    )
    seen = 0
    for place in np.random.default_rng(0).uniform(-1.9, 1.9, (400, 2)):
        segments = np.concatenate(scene._grid.collection.get_segments())
        if min(np.abs(taken - place).max(axis=1).min(), np.abs(segments - place).max(axis=1).min()) < 0.35:
            continue
        seen += 1
        d = _probability(plane_game, run.state, place[None])[0]
        column, row = ax.transData.transform(place).astype(int)
        bands = np.clip(np.floor(20 * (d + np.array([-0.01, 0.01]))), 0, 19)
        opaque = np.array([plotting.SCORE_COLORS.resampled(20)(int(band))[:3] for band in bands])
        mixed = 255 * (0.75 * opaque + 0.25)
        assert np.abs(mixed - buffer[row, column]).max(axis=1).min() < 4
    assert seen >= 10


def test_a_blended_heat_map_is_matplotlibs_own():
    values = np.random.default_rng(0).uniform(0, 1, (7, 9))
    pictures = []
    for own in (True, False):
        figure = plotting.new_figure(3, 2)
        ax = plotting.axes(figure, xlim=(-1, 2), ylim=(0, 1))
        if own:
            plotting.HeatMap(ax, (-1, 2, 0, 1)).set(values)
        else:
            ax.imshow(
                values, extent=(-1, 2, 0, 1), origin="lower", vmin=0, vmax=1, cmap=plotting.SCORE_COLORS,
                alpha=0.75, aspect="auto", interpolation="bilinear", zorder=0,
            )  # fmt: skip
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
        pictures.append(np.asarray(canvas.buffer_rgba()).astype(int)[..., :3])
    apart = np.abs(pictures[0] - pictures[1]).max(axis=2)
    # A shade or two, but for a pixel's width along the border.
    assert np.mean(apart <= 4) > 0.98
    assert np.ptp(pictures[0]) > 100


def test_the_grid_is_the_generators(plane_game):
    scene = scenes.Plane2D(grid=1.5)
    run = _trained(plane_game, scene)
    scene.update(run)
    rows = scene._grid.collection.get_segments()
    assert len(rows) == 2 * 13
    z = np.stack([np.linspace(-1.5, 1.5, 13), np.full(13, -1.5)], axis=1)
    np.testing.assert_allclose(
        rows[0], games.generator_function(plane_game, run.state)(jnp.asarray(z)), atol=1e-5
    )
    without = scenes.Plane2D(grid=None)
    without.update(run)
    assert len(without.artists) == len(scene.artists) - 1


def test_many_seeds_draw_the_first_and_trace_all(line_game):
    scene = scenes.Line1D()
    run = _trained(line_game, scene, num_seeds=3)
    words = scene.update(run)
    # vmap rounds otherwise than one seed alone.
    alone = jax.tree.map(lambda leaf: leaf[0], run.state)
    x = scene._score.line.get_xdata()[:, None]
    np.testing.assert_allclose(scene._score.line.get_ydata(), _probability(line_game, alone, x), atol=1e-5)
    assert run.measured["binned_js"].shape == (3, 2)
    line, ribbon = scene._traces._traces[0].line, scene._traces._traces[0].ribbon
    np.testing.assert_allclose(line.get_ydata(), np.median(run.value, axis=0))
    corners = ribbon.get_paths()[0].vertices
    assert corners[:, 1].min() == pytest.approx(run.value.min()) and corners[:, 1].max() == pytest.approx(
        run.value.max()
    )
    newest = run.value[:, -1]
    assert f"(from {newest.min():.3f} to {newest.max():.3f} over 3 seeds)" in words


def test_axes_of_traces_grow_with_what_they_show(line_game):
    far = scenes.Traced(
        "far", lambda run: (run.measured_at, run.measured["far"]), plotting.LATENT, 0.0, 1.0, grows=True,
        measure=lambda real, fake, low, high: jnp.float32(7.0) + 0 * fake.sum(), name="far",
    )  # fmt: skip
    scene = scenes.Line1D(traced=(scenes.VALUE, far))
    run = _trained(line_game, scene, steps=120)
    scene.update(run)
    value, other = scene._traces._axes
    assert value.get_xlim() == other.get_xlim() == (0, 200)
    assert other.get_ylim() == (0, 10) and value.get_ylim() == (-2.5, 0.3)
    run.reset()
    scene.update(run)
    assert value.get_xlim() == (0, 100)


@pytest.mark.parametrize(
    "number, rounded", [(1, 1), (101, 200), (200, 200), (201, 500), (0.3, 0.5), (5001, 10000)]
)
def test_rounding_up(number, rounded):
    assert _traces._round_up(number) == pytest.approx(rounded)


@pytest.mark.parametrize("scene_of", [scenes.Line1D, scenes.Plane2D])
def test_a_new_picture_does_not_draw_the_still_parts_again(scene_of, line_game, plane_game):
    scene = scene_of()
    run = _trained(line_game if scene_of is scenes.Line1D else plane_game, scene, steps=10)
    stage = Stage(scene.figure, scene.artists)
    stage.draw(lambda: scene.update(run))
    still = stage._still
    for _ in range(3):
        run.advance(10, training.Settings(1e-3, 1e-3))
        before = stage.frame
        stage.draw(lambda: scene.update(run))
        assert stage._still is still and stage.frame != before


def test_marked_heights():
    assert scenes.VALUE.lines[" −log 4: D = 1/2"] == pytest.approx(-math.log(4))
    assert list(scenes.BINNED_JS.lines.values()) == [pytest.approx(math.log(2))]
