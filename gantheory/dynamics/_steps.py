"""Updates: trajectories, the matrix of one update, and how large a step may be."""

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, ArrayLike, Complex, Float, Int

from gantheory import _checks, _pytree
from gantheory.dynamics._field import (
    Point,
    Scalar,
    a_game,
    a_point,
    eigenvalues_of_2x2,
    field_at,
    jacobian,
    players_at,
)
from gantheory.games import Game

__all__ = ["METHODS", "largest_stable_step", "simulate", "update_eigenvalues", "update_matrix"]

METHODS = ("simultaneous", "alternating", "extragradient", "optimistic")
"""The ways to step, by name; `simulate` says what each does."""


def simulate(
    game: Game,
    start: Sequence[ArrayLike] | ArrayLike = (1.0, 1.0),
    *,
    step_size: ArrayLike,
    num_steps: int,
    method: str = "simultaneous",
    num_critic_steps: int | Int[Array, ""] = 1,
) -> Float[Array, "steps 2"]:
    """Compute the trajectory of a game of two scalars.

    The methods, with the step size h and the field v, are:

    * simultaneous: z' = z + h v(z); with several critic steps, the discriminator takes them against the old theta;
    * alternating: the generator moves first, then the discriminator, which already sees the new theta;
    * extragradient: a trial step y = z + h v(z), then z' = z + h v(y);
    * optimistic: z' = z + 2 h v(z) - h v(the point before z); the first step is a plain one.

    The game's projection (weight clipping) follows each move of the discriminator, trial steps included.

    Args:
        game: as for `vector_field`.
        start: (theta, psi), two finite numbers.
        step_size: h, above 0; traced.
        num_steps: how many steps to take, at least 1; structure.
        method: a name from `METHODS`; structure.
        num_critic_steps: the discriminator's steps for one of the generator's, at least 1; more than 1 for the
            simultaneous and alternating methods only. As a Python int it is structure; as a JAX integer array it is
            traced, at the price of reverse-mode derivatives (jax.grad).

    Returns:
        The points (theta, psi), shape [num_steps + 1, 2], the start included. What grows beyond the range of floats is
        infinite, and after that NaN.

    Raises:
        TypeError, ValueError: where an argument is not as above.

    Sources: simultaneous and alternating: Mescheder et al. 2018, section 2; extragradient and optimistic: Gidel et al.
    2019, A Variational Inequality Perspective on Generative Adversarial Networks.

    >>> from gantheory import games
    >>> for method in METHODS:  # distance from the equilibrium, which is sqrt(2) at the start
    ...     path = simulate(games.bilinear(), step_size=0.5, num_steps=20, method=method)
    ...     print(f"{method:14}{jnp.linalg.norm(path[-1]):.3f}")
    simultaneous  13.171
    alternating   1.297
    extragradient 0.177
    optimistic    0.021
    """
    num_steps = _checks.whole("num_steps", num_steps)
    method, steps = _method(method, num_critic_steps)
    run = _simulate_traced if isinstance(steps, jax.Array) else _simulate_fixed
    return run(a_game(game), _start(start), _step_size(step_size), num_steps, method, steps)


def update_matrix(
    game: Game,
    theta: ArrayLike,
    psi: ArrayLike,
    *,
    step_size: ArrayLike,
    method: str = "simultaneous",
    num_critic_steps: int | Int[Array, ""] = 1,
) -> Float[Array, "m m"]:
    """Compute the Jacobian of one whole update at (theta, psi), by automatic differentiation.

    The arguments are those of `vector_field` and `simulate`.

    Returns:
        [2, 2], for simultaneous steps I + h J; or [4, 4] for the optimistic method, whose update maps a pair of points
        (z, the one before) to the next pair, here at two equal points.

    Raises:
        TypeError, ValueError: where an argument is not as above.

    >>> from gantheory import games
    >>> update_matrix(games.bilinear(), 0.0, 0.0, step_size=0.5, method="alternating")  # determinant 1
    Array([[ 1.  , -0.5 ],
           [ 0.5 ,  0.75]], dtype=float32)
    """
    method, steps = _method(method, num_critic_steps)
    compiled = _update_matrix_traced if isinstance(steps, jax.Array) else _update_matrix_fixed
    return compiled(a_game(game), a_point(theta, psi), _step_size(step_size), method, steps)


def update_eigenvalues(
    game: Game,
    theta: ArrayLike,
    psi: ArrayLike,
    *,
    step_size: ArrayLike,
    method: str = "simultaneous",
    num_critic_steps: int | Int[Array, ""] = 1,
) -> Complex[Array, "m"]:
    """Compute the eigenvalues of `update_matrix`: near a point of rest, what one update multiplies the distance by.

    A training settles at the point of rest if all lie inside the unit circle, and leaves it if one lies outside.

    Returns:
        Two complex numbers, ordered as by `eigenvalues`; four, in no order, for the optimistic method (whose
        eigenvalues JAX computes on CPUs).

    Raises:
        TypeError, ValueError: where an argument is not as above.

    >>> from gantheory import games
    >>> abs(update_eigenvalues(games.bilinear(), 0.0, 0.0, step_size=0.5, method="extragradient"))
    Array([0.90138..., 0.90138...], dtype=float32)
    """
    matrix = update_matrix(
        game, theta, psi, step_size=step_size, method=method, num_critic_steps=num_critic_steps
    )
    return eigenvalues_of_2x2(matrix) if matrix.shape == (2, 2) else jnp.linalg.eigvals(matrix)


def largest_stable_step(
    game: Game,
    theta: float = 0.0,
    psi: float = 0.0,
    *,
    method: str = "simultaneous",
    num_critic_steps: int = 1,
) -> float:
    """Find, by bisection, the step size up to which no eigenvalue of the update leaves the unit circle.

    Steps between a thousandth and a thousand times 1 / |J| are looked through, in float64, for the first at which the
    largest modulus exceeds 1 by more than 1e-9; it is then narrowed down to twelve digits. A step at which all moduli
    are 1, such as the alternating ones of a game without friction, counts as stable: nothing grows.

    Args:
        game: as for `vector_field`.
        theta: the generator's parameter at the point of rest, a finite number.
        psi: the discriminator's.
        method: a name from `METHODS`.
        num_critic_steps: as for `simulate`, an int.

    Returns:
        The limit as a float; 0.0 where even the smallest step leaves the circle, infinity where none does. Concrete
        numbers only: it cannot be used inside jit.

    Raises:
        TypeError, ValueError: where an argument is not as above.

    >>> from gantheory import games, lipschitz
    >>> largest_stable_step(games.dirac_gan("minimax"))
    0.0
    >>> round(largest_stable_step(games.dirac_gan("minimax", lipschitz.r1(0.5))), 6)  # 4 gamma
    2.0
    """
    method, steps = _method(method, _checks.whole("num_critic_steps", num_critic_steps))
    theta, psi = _checks.number("theta", theta), _checks.number("psi", psi)
    a_game(game)
    with jax.enable_x64(True):
        game = jax.tree.map(lambda leaf: np.asarray(leaf, np.float64), game)
        point = np.array([theta, psi], np.float64)
        scale = float(np.linalg.norm(jacobian(game, theta, psi), 2))
        if scale == 0:
            return float("inf")  # nothing moves

        def leaves_circle(h: Float[np.ndarray, "n"]) -> Any:
            matrices = _update_matrices(game, point, h, method, steps)
            return np.abs(np.linalg.eigvals(np.asarray(matrices))).max(axis=-1) > 1 + 1e-9

        grid = np.geomspace(1e-3, 1e3, 241) / scale
        for _ in range(5):
            outside = leaves_circle(grid)
            if outside[0]:
                return 0.0
            if not outside.any():
                return float("inf")
            first = int(outside.argmax())
            grid = np.linspace(grid[first - 1], grid[first], 241)
    return float(grid[0])


def _project(game: Game, z: Point) -> Point:
    _, discriminator = players_at(game, z)
    return jnp.stack([z[0], ravel_pytree(game.project(discriminator, None).params)[0][0]])


Critics = int | Int[Array, ""]
# z and the field at the point before it -> the next two; all methods carry the second, one uses it.
Pair = tuple[Point, Point]


def _update(game: Game, z: Point, before: Point, h: Scalar, method: str, num_critic_steps: Critics) -> Pair:
    """Take one step from z; `before` and the second of what is returned are the field at the point before."""
    at_z = field_at(game, z)
    if method == "extragradient":
        trial = _project(game, z + h * at_z)
        return _project(game, z + h * field_at(game, trial)), at_z
    if method == "optimistic":
        return _project(game, z + 2 * h * at_z - h * before), at_z
    theta = z[0] + h * at_z[0]
    opponent = theta if method == "alternating" else z[0]

    def critic_step(_: Any, psi: Scalar) -> Scalar:
        slope = field_at(game, jnp.stack([opponent, psi]))[1]
        return _project(game, jnp.stack([theta, psi + h * slope]))[1]

    return jnp.stack([theta, jax.lax.fori_loop(0, num_critic_steps, critic_step, z[1])]), at_z


def _simulate(
    game: Game, start: Point, h: Scalar, num_steps: int, method: str, num_critic_steps: Critics
) -> Float[Array, "steps 2"]:
    h = h.astype(start.dtype)

    def step(pair: Pair, _: None) -> tuple[Pair, Point]:
        pair = _update(game, *pair, h, method, num_critic_steps)
        return pair, pair[0]

    # With the field at the start for the one before it, the first optimistic step is a plain one.
    before = field_at(game, start) if method == "optimistic" else jnp.zeros_like(start)
    _, path = jax.lax.scan(step, (start, before), length=num_steps)
    return jnp.concatenate([start[None], path])


def _update_matrix(
    game: Game, z: Point, h: Scalar, method: str, num_critic_steps: Critics
) -> Float[Array, "m m"]:
    h = h.astype(z.dtype)

    def plain(z: Point) -> Point:
        return _update(game, z, jnp.zeros_like(z), h, method, num_critic_steps)[0]

    def optimistic(pair: Float[Array, "4"]) -> Float[Array, "4"]:
        z, before = pair[:2], pair[2:]
        return jnp.concatenate([_update(game, z, field_at(game, before), h, method, 1)[0], z])

    return jax.jacfwd(optimistic)(jnp.tile(z, 2)) if method == "optimistic" else jax.jacfwd(plain)(z)


_simulate_fixed = jax.jit(_simulate, static_argnums=(3, 4, 5))
_simulate_traced = jax.jit(_simulate, static_argnums=(3, 4))
_update_matrix_fixed = jax.jit(_update_matrix, static_argnums=(3, 4))
_update_matrix_traced = jax.jit(_update_matrix, static_argnums=(3,))
_update_matrices = jax.jit(
    jax.vmap(_update_matrix, in_axes=(None, None, 0, None, None)), static_argnums=(3, 4)
)


def _start(start: Any) -> Point:
    allowed = "two numbers (theta, psi)"
    try:
        theta, psi = start
    except (TypeError, ValueError):
        _checks.refuse("start", allowed, _checks.describe(start), TypeError)
    return a_point(theta, psi)


def _step_size(h: ArrayLike) -> Scalar:
    return _pytree.scalar(_checks.number("step_size", h, above=0))


def _method(method: str, num_critic_steps: Any) -> tuple[str, Critics]:
    method = _checks.one_of("method", method, METHODS)
    if not isinstance(num_critic_steps, jax.Array):
        num_critic_steps = _checks.whole("num_critic_steps", num_critic_steps)
    elif num_critic_steps.ndim != 0 or not jnp.issubdtype(num_critic_steps.dtype, jnp.integer):
        allowed = "a whole number of at least 1"
        _checks.refuse("num_critic_steps", allowed, _checks.describe(num_critic_steps), TypeError)
    elif _checks.is_concrete(num_critic_steps):
        _checks.whole("num_critic_steps", num_critic_steps)
    if method in ("extragradient", "optimistic"):
        if _checks.is_concrete(num_critic_steps) and int(num_critic_steps) != 1:
            allowed = f"1 for the {method} method, which moves both players at once"
            _checks.refuse("num_critic_steps", allowed, str(int(num_critic_steps)))
        num_critic_steps = 1
    return method, num_critic_steps
