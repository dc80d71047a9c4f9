"""Losses of the two players: pairs of pure functions on raw scores.

A loss never sees a probability. The discriminator's network gives a *raw score* s for each point, any real number;
where a probability is meant it is D = sigmoid(s). Everything is computed from s, because D rounds to 0 or 1 long
before s stops mattering: with `softplus(s) = log(1 + e^s)`,

    -log D       = -log sigmoid(s)       = softplus(-s)
    -log (1 - D) = -log (1 - sigmoid(s)) = softplus(s)

and neither side ever takes the logarithm of a rounded 0. At s = -40 the slope of softplus(-s) is still -1.

Both players *minimise*. The value V(G, D) = E log D(x) + E log(1 - D(G(z))) is what the discriminator maximises; it
is not a loss, and its own entry of the pair.

>>> import jax.numpy as jnp
>>> real, fake = jnp.array([2.0, 0.0]), jnp.array([-1.0, 1.0])
>>> for name, loss in LOSSES.items():
...     print(f"{name:15} D {loss.discriminator(real, fake):.4f}   G {loss.generator(fake):.4f}")
minimax         D 1.2233   G -0.8133
non_saturating  D 1.2233   G 0.8133
least_squares   D 1.0000   G 1.0000
hinge           D 1.5000   G -0.0000
wasserstein     D -1.0000   G -0.0000
"""

import functools
from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Float

from gantheory import _checks
from gantheory.divergences import F_DIVERGENCES

__all__ = [
    "LOSSES",
    "GANLoss",
    "critic_estimate",
    "f_gan",
    "hinge",
    "least_squares",
    "minimax",
    "non_saturating",
    "resolve",
    "value",
    "wasserstein",
]

Scores = Float[Array, "n"]
Scalar = Float[Array, ""]


def _scores(real: ArrayLike, fake: ArrayLike) -> tuple[Scores, Float[Array, "m"]]:
    # Scores of shape [n, 1] against [n] would broadcast to [n, n] and give a wrong mean without a word.
    return _checks.vector("real", real), _checks.vector("fake", fake)


def value(real: ArrayLike, fake: ArrayLike) -> Scalar:
    """Compute V(G, D) = E log D(x) + E log(1 - D(G(z))) from raw scores, with D = sigmoid(score).

    Whatever the discriminator was trained for, this is (up to sampling) a lower bound of 2 JS - log 4: the bound is
    met by D* = p / (p + q) alone. It is -log 4 = -1.3863 where all scores are 0, and never above 0.

    Args:
        real: raw scores of real points, shape [n].
        fake: raw scores of generated points, shape [m].

    Returns:
        A scalar, in nats.

    Raises:
        TypeError, ValueError: where scores are not finite real numbers of shape [n] and [m]; [n, 1] is another shape.

    Source: Goodfellow et al. 2014, Generative Adversarial Nets, equation 1.

    >>> float(value([0.0, 0.0], [0.0])), float(value([40.0], [-40.0]))
    (-1.38629..., -8.49...e-18)
    """
    real, fake = _scores(real, fake)
    return -jnp.mean(jax.nn.softplus(-real)) - jnp.mean(jax.nn.softplus(fake))


def critic_estimate(real: ArrayLike, fake: ArrayLike) -> Scalar:
    """Compute the critic's estimate E f(x) - E f(G(z)) from its raw scores f.

    It is (up to sampling) at most K times the Wasserstein distance W1 for a K-Lipschitz critic. Without a
    constraint on the critic it has no meaning: scaling f scales it.

    Args:
        real: raw scores of real points, shape [n].
        fake: raw scores of generated points, shape [m].

    Returns:
        A scalar, in the unit of the scores.

    Raises:
        TypeError, ValueError: as for `value`.

    Source: Arjovsky et al. 2017, Wasserstein GAN, equations 2 and 3 (section 3).

    >>> float(critic_estimate([3.0, 1.0], [0.5]))
    1.5
    """
    real, fake = _scores(real, fake)
    return jnp.mean(real) - jnp.mean(fake)


class GANLoss(NamedTuple):
    """What the two players minimise, from raw scores, and the value that is reported beside.

    Attributes:
        discriminator: (real [n], fake [m]) -> scalar mean, which the discriminator minimises.
        generator: (fake [m]) -> scalar mean, which the generator minimises.
        value: (real [n], fake [m]) -> scalar that the history records: V(G, D) with D = sigmoid(score), or, where
            the scores are a critic's, its estimate E f(x) - E f(G(z)).
    """

    discriminator: Callable[[ArrayLike, ArrayLike], Scalar]
    generator: Callable[[ArrayLike], Scalar]
    value: Callable[[ArrayLike, ArrayLike], Scalar] = value


def _cross_entropy_discriminator(real: ArrayLike, fake: ArrayLike) -> Scalar:
    return -value(real, fake)


def _minimax_generator(fake: ArrayLike) -> Scalar:
    # E log(1 - D) = -E softplus(s): the part of V(G, D) that depends on the generator, sign and all.
    return -jnp.mean(jax.nn.softplus(_checks.vector("fake", fake)))


def _non_saturating_generator(fake: ArrayLike) -> Scalar:
    return jnp.mean(jax.nn.softplus(-_checks.vector("fake", fake)))


def _least_squares_discriminator(real: ArrayLike, fake: ArrayLike) -> Scalar:
    real, fake = _scores(real, fake)
    return 0.5 * jnp.mean(jnp.square(real - 1)) + 0.5 * jnp.mean(jnp.square(fake))


def _least_squares_generator(fake: ArrayLike) -> Scalar:
    return 0.5 * jnp.mean(jnp.square(_checks.vector("fake", fake) - 1))


def _hinge_discriminator(real: ArrayLike, fake: ArrayLike) -> Scalar:
    real, fake = _scores(real, fake)
    return jnp.mean(jax.nn.relu(1 - real)) + jnp.mean(jax.nn.relu(1 + fake))


def _critic_discriminator(real: ArrayLike, fake: ArrayLike) -> Scalar:
    return -critic_estimate(real, fake)


def _critic_generator(fake: ArrayLike) -> Scalar:
    return -jnp.mean(_checks.vector("fake", fake))


minimax = GANLoss(_cross_entropy_discriminator, _minimax_generator)
"""The game as it is derived: G minimises E log(1 - D(G(z))), whose slope dies where D is sure (it saturates).

Source: Goodfellow et al. 2014, equation 1.
"""

non_saturating = GANLoss(_cross_entropy_discriminator, _non_saturating_generator)
"""The same discriminator; G minimises -E log D(G(z)), whose slope is largest where D is sure.

Source: Goodfellow et al. 2014, section 3.
"""

least_squares = GANLoss(_least_squares_discriminator, _least_squares_generator)
"""Squared distance of the raw scores from 1 (real) and 0 (generated), with a half before each.

Source: Mao et al. 2017, Least Squares Generative Adversarial Networks, with a = 0, b = c = 1 (section 3).
"""

hinge = GANLoss(_hinge_discriminator, _critic_generator)
"""The discriminator stops caring beyond the margins 1 and -1; G raises its scores.

Source: Miyato et al. 2018, Spectral Normalization for GANs, equations 16 and 17.
"""

wasserstein = GANLoss(_critic_discriminator, _critic_generator, critic_estimate)
"""The critic maximises E f(x) - E f(G(z)); needs a constraint that keeps f 1-Lipschitz (`gantheory.lipschitz`).

Its discriminator loss is minus the estimate, hence negative while the critic succeeds.
Source: Arjovsky et al. 2017, Wasserstein GAN, section 3.
"""

LOSSES: dict[str, GANLoss] = {
    "minimax": minimax,
    "non_saturating": non_saturating,
    "least_squares": least_squares,
    "hinge": hinge,
    "wasserstein": wasserstein,
}
"""The losses by name; for `resolve`, "f_gan:kl" and so on name the f-GANs too."""

_F_GAN = "f_gan:"


def f_gan(name: str) -> GANLoss:
    """Make the losses of the f-GAN that descends one f-divergence D_f(P_data || P_G) = E_q f(p / q).

    A raw score v becomes T = activation(v), which lies in the domain of the conjugate f*. D maximises the variational
    bound E_P T - E_Q f*(T), which is at most D_f for every T; G minimises the part of it that depends on G:

        discriminator: -E T(x) + E f*(T(G(z)))        generator: -E f*(T(G(z)))        value: the bound, in nats

    P is the data, so "kl" is KL(P_data || P_G), which an ignored mode makes large, and "reverse_kl" is
    KL(P_G || P_data), which a sample where no data are makes large. "gan" is `minimax`, and its bound is V(G, D).

    The same name always gives the same pair: losses are structure for jit, and a pair of its own would compile anew.

    What to expect of large scores. f*(activation(v)) is one formula for each row, so that no border of a domain is
    rounded to; "js", "gan" and "total_variation" are finite for every score, "pearson_chi2" as long as its square is.
    In five rows the bound itself has an exponential in it: e^(v - 1) for kl and about that for jeffreys, e^v for
    squared_hellinger (all on fakes), e^(-v) on real points for reverse_kl, squared_hellinger and neyman_chi2. It leaves
    float32 at |v| of about 88 (176 for neyman_chi2 on fakes); nothing is clipped, and `training.train` stops there
    with a sentence. Below t = -2 the conjugate of pearson_chi2 falls with t, as in the paper's table: D itself is
    driven back from there, but G is pushed the wrong way while it lasts.

    Source: Nowozin et al. 2016, f-GAN, sections 2.2 to 2.4, and the tables there and in the supplement.

    Args:
        name: a row of `divergences.F_DIVERGENCES`.

    Raises:
        TypeError, ValueError: where there is no such row; the sentence lists the valid names.

    >>> loss, real, fake = f_gan("kl"), [2.0, 1.0], [0.0, 1.0]
    >>> print(f"D {loss.discriminator(real, fake):.4f}, G {loss.generator(fake):.4f}, {loss.value(real, fake):.4f}")
    D -0.8161, G -0.6839, 0.8161
    >>> f_gan("kl") is loss
    True
    """
    return _f_gan(_checks.one_of("name", name, F_DIVERGENCES))


@functools.cache
def _f_gan(name: str) -> GANLoss:
    row = F_DIVERGENCES[name]

    def bound(real: ArrayLike, fake: ArrayLike) -> Scalar:
        real, fake = _scores(real, fake)
        return jnp.mean(row.activation(real)) - jnp.mean(row.conjugate_of_activation(fake))

    def discriminator(real: ArrayLike, fake: ArrayLike) -> Scalar:
        return -bound(real, fake)

    def generator(fake: ArrayLike) -> Scalar:
        return -jnp.mean(row.conjugate_of_activation(_checks.vector("fake", fake)))

    return GANLoss(discriminator, generator, bound)


def resolve(loss: str | GANLoss) -> GANLoss:
    """Look a loss up by its name; a `GANLoss` goes through as it is.

    Args:
        loss: a name from `LOSSES`, "f_gan:" and a row of `divergences.F_DIVERGENCES` ("f_gan:kl"), or a pair of your
            own.

    Raises:
        TypeError: where `loss` is neither.
        ValueError: where the name is unknown; the sentence lists the valid ones.

    >>> resolve("hinge") is hinge, resolve("f_gan:js") is f_gan("js")
    (True, True)
    """
    if isinstance(loss, GANLoss):
        return loss
    name = _checks.one_of("loss", loss, [*LOSSES, *(_F_GAN + row for row in F_DIVERGENCES)])
    return f_gan(name.removeprefix(_F_GAN)) if name.startswith(_F_GAN) else LOSSES[name]
