"""How steep a critic is: at given points, and at most."""

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, ArrayLike, Float

from gantheory import _checks, _scale
from gantheory.lipschitz._constraint import Critic
from gantheory.lipschitz._penalties import norms

__all__ = ["LipschitzEstimate", "estimate_lipschitz", "gradient_norms"]

_NUM_STARTS = 32
# Half the distance of a pair of points, in parts of the box: from across it to nearly one point.
_FARTHEST, _CLOSEST = 0.25, 1e-4


class LipschitzEstimate(NamedTuple):
    """The steepest slopes found of a critic over a box; each is a *lower* bound of its Lipschitz constant there.

    Attributes:
        sampled: the largest gradient norm at random points.
        sampled_at: where, of a point's shape.
        maximised: the largest gradient norm met by climbing from the steepest of them; at least `sampled`.
        maximised_at: where, of a point's shape.
    """

    sampled: Float[Array, ""]
    sampled_at: Float[Array, "*point"]
    maximised: Float[Array, ""]
    maximised_at: Float[Array, "*point"]


def gradient_norms(critic: Critic, x: ArrayLike) -> Float[Array, "n"]:
    """Measure the critic's slope |grad f(x)| at each point.

    Args:
        critic: a function of one point [...] -> (), or of a batch [n, ...] -> [n] (such as
            `games.discriminator_function` makes).
        x: points, [n, ...].

    Returns:
        Euclidean norms of the gradients over all axes but the first, [n].

    Raises:
        TypeError, ValueError: where `critic` is neither kind of function, or `x` no array of points.

    >>> import jax.numpy as jnp
    >>> gradient_norms(lambda x: 3 * x[0] + 4 * x[1], jnp.zeros((2, 2)))
    Array([5., 5.], dtype=float32)
    """
    x = _checks.real_array("x", x)
    if x.ndim == 0 or 0 in x.shape:
        _checks.refuse("x", "a non-empty array of points of shape [n, ...]", f"shape {list(x.shape)}")
    return _compiled(_gradient_norms, critic, x)


def estimate_lipschitz(
    critic: Critic,
    low: ArrayLike,
    high: ArrayLike,
    key: Array,
    *,
    num_samples: int = 1024,
    num_steps: int = 100,
) -> LipschitzEstimate:
    """Look for the critic's steepest slope over a box, by sampling and by climbing.

    The climb starts at the steepest of the samples. Each start becomes a pair of points c - r u and c + r u, with u the
    direction of their mean gradient. The centre c follows the gradient of the difference quotient
    |f(c + r u) - f(c - r u)| / 2 r, while r shrinks from a quarter of the box to almost nothing. The slope of a ReLU
    network is constant between kinks, so that its gradient norm cannot be climbed; the quotient sees past the kinks.

    Args:
        critic: a function of one point [...] -> (), or of a batch [n, ...] -> [n].
        low: the box's lower ends, an array of a point's shape, [1] for a critic on the line.
        high: its upper ends, of the same shape.
        key: a random key.
        num_samples: random points, uniform in the box, at least 1.
        num_steps: steps of the climb, at least 1.

    Returns:
        A `LipschitzEstimate`. No number of samples or steps makes it an upper bound.

    Raises:
        TypeError, ValueError: where `critic` is neither kind of function, the box is empty, or a number is not a whole
            number of at least 1.

    >>> import jax
    >>> steep = lambda x: jax.nn.sigmoid(100 * x[0])  # its slope is 25 at 0, and almost 0 elsewhere
    >>> found = estimate_lipschitz(steep, [-5.0], [5.0], jax.random.key(0), num_samples=20)
    >>> bool(found.sampled < 1), round(float(found.maximised), 2)
    (True, 25.0)
    """
    low, high = _checks.real_array("low", low), _checks.real_array("high", high)
    if low.shape != high.shape:
        _checks.refuse("high", f"of the shape of low, {list(low.shape)}", f"shape {list(high.shape)}")
    if low.size == 0:
        _checks.refuse("low", "an array of a point's shape", f"shape {list(low.shape)}")
    if (
        _checks.is_concrete(low)
        and _checks.is_concrete(high)
        and not np.all(np.asarray(low) < np.asarray(high))
    ):
        _checks.refuse("low", "below high everywhere", "a box without an inside")
    sizes = (_checks.whole("num_samples", num_samples), _checks.whole("num_steps", num_steps))
    dtype = jnp.result_type(low, high)
    box = (low.astype(dtype), high.astype(dtype))
    return _compiled(_estimate, critic, *box, _checks.key("key", key), sizes=sizes)


def _gradient_norms(critic: Any, x: Float[Array, "n *point"]) -> Float[Array, "n"]:
    return _scale.euclidean(jax.vmap(jax.grad(_of_one_point(critic, x[0])))(x))


def _estimate(
    critic: Any,
    low: Float[Array, "*point"],
    high: Float[Array, "*point"],
    key: Array,
    num_samples: int,
    num_steps: int,
) -> LipschitzEstimate:
    # Points are flat here, [n, d], and the box begins at 0 and has a longest side of 1.
    longest = jnp.max(high - low)
    box = ((high - low) / longest).reshape(1, -1)
    gradient = jax.vmap(jax.grad(_of_one_point(critic, low)))

    def to_points(at: Float[Array, "n d"]) -> Float[Array, "n *point"]:
        return low[None] + longest * at.reshape(-1, *low.shape)

    def slopes(at: Float[Array, "n d"]) -> Float[Array, "n d"]:
        return gradient(to_points(at)).reshape(at.shape)

    samples = box * jax.random.uniform(key, (num_samples, low.size), low.dtype)
    found = norms(slopes(samples))
    best, starts = jax.lax.top_k(found, min(_NUM_STARTS, num_samples))
    start = samples[starts]

    def climb(i: Array, carry: tuple[Array, Array, Array, Array]) -> tuple[Array, Array, Array, Array]:
        centre, direction, best, best_at = carry
        radius = jnp.asarray(_FARTHEST * (_CLOSEST / _FARTHEST) ** (i / num_steps), centre.dtype)
        reach = radius * direction
        looks = [jnp.clip(at, 0, box) for at in (centre + reach, centre - reach, centre)]
        ahead, behind, here = jnp.split(slopes(jnp.concatenate(looks)), 3)
        for at, slope in zip(looks, (ahead, behind, here), strict=True):
            steeper = norms(slope) > best
            best = jnp.where(steeper, norms(slope), best)
            best_at = jnp.where(steeper[:, None], at, best_at)
        mean = _units(ahead + behind)
        direction = jnp.where(norms(mean)[:, None] > 0, mean, direction)
        return jnp.clip(centre + radius * _units(ahead - behind), 0, box), direction, best, best_at

    carry = (start, _units(slopes(start)), best, start)
    *_, best, best_at = jax.lax.fori_loop(0, num_steps, climb, carry)
    sampled, climbed = jnp.argmax(found)[None], jnp.argmax(best)[None]
    return LipschitzEstimate(
        found[sampled][0],
        to_points(samples[sampled])[0],
        best[climbed][0],
        to_points(best_at[climbed])[0],
    )


def _units(x: Float[Array, "n d"]) -> Float[Array, "n d"]:
    lengths = norms(x)[:, None]
    return x / jnp.where(lengths > 0, lengths, 1)


def _of_one_point(critic: Any, point: Array) -> Critic:
    """Return the critic as a function of one point, whichever of the two kinds it is."""
    one = jax.ShapeDtypeStruct(point.shape, point.dtype)
    two = jax.ShapeDtypeStruct((2, *point.shape), point.dtype)
    allowed = (
        f"a function of one point {list(point.shape)} -> [] or of a batch {['n', *point.shape]} -> ['n']"
    )
    if not callable(critic):
        _checks.refuse("critic", allowed, _checks.describe(critic), TypeError)
    failures = []
    for argument, wanted in ((one, ()), (two, (2,))):
        try:
            shape = getattr(jax.eval_shape(critic, argument), "shape", None)
        except Exception as error:
            failures.append(error)
            continue
        if shape == wanted:
            return critic if wanted == () else lambda x: critic(x[None])[0]
        came = f"one that maps {list(argument.shape)} to {'something else' if shape is None else list(shape)}"
    if len(failures) == 2:
        # The critic's own mistake: what it says about a batch is the likelier help.
        raise failures[1]
    _checks.refuse("critic", allowed, came, TypeError)


def _compiled(compute: Callable[..., Any], critic: Any, *arrays: Array, sizes: tuple[int, ...] = ()) -> Any:
    """Run compute(critic, *arrays, *sizes) compiled, and compile nothing twice where that is safe.

    A function that is compiled already, with arrays bound to it (`games.discriminator_function` makes such), is told
    apart by the function and gets the arrays as arguments. Any other critic is compiled each time: it may close over
    a network whose parameters were changed in place since.
    """
    bound = isinstance(critic, functools.partial)
    function, arguments = (critic.func, (critic.args, critic.keywords)) if bound else (critic, ((), {}))
    arrays_only = all(isinstance(leaf, jax.Array | np.ndarray) for leaf in jax.tree.leaves(arguments))
    if isinstance(function, jax.stages.Wrapped) and arrays_only:
        return _run_bound(compute, function, arguments, sizes, *arrays)
    return jax.jit(lambda *arrays: compute(critic, *arrays, *sizes))(*arrays)


@functools.partial(jax.jit, static_argnums=(0, 1, 3))
def _run_bound(
    compute: Callable[..., Any], function: Critic, arguments: Any, sizes: tuple[int, ...], *arrays: Array
) -> Any:
    args, keywords = arguments
    return compute(functools.partial(function, *args, **keywords), *arrays, *sizes)
