"""The game of CycleGAN: two generators that translate between two domains, two discriminators that judge them."""

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, ArrayLike, Float

from gantheory import _checks, _mesh, _pytree, losses
from gantheory.games._game import Game, LossResult, NetworkFactory, Player
from gantheory.games._parts import (
    Adversary,
    Network,
    check_generator,
    check_scores,
    constraint_of,
    resolve_constraint,
    resolve_distribution,
    resolve_optimizer,
    sampled,
)
from gantheory.lipschitz import Constraint

__all__ = ["DOMAINS", "NAMES", "CycleGAN", "cycle_gan"]

DOMAINS = ("a", "b")
# The generators' names by the domain that they map into.
NAMES = {"a": "b_to_a", "b": "a_to_b"}

Scalar = Float[Array, ""]
Batch = tuple[Float[Array, "n *a"], Float[Array, "n *b"]]
Pair = tuple[NetworkFactory, NetworkFactory]


class _Translators:
    """Both generators at work; their states go on from one call to the next."""

    def __init__(self, networks: tuple[Network, Network], player: Player):
        self._networks, self._params = networks, player.params
        self.state = dict(player.state)

    def __call__(self, to: str, x: Float[Array, "n *point"]) -> Float[Array, "n *image"]:
        """Map x into the domain `to`."""
        name = NAMES[to]
        network = self._networks[DOMAINS.index(to)]
        y, self.state[name] = network.apply(self._params[name], self.state[name], x)
        return y


@_pytree.register(
    dynamic=(
        "constraint",
        "domain_a",
        "domain_b",
        "adversarial_weight",
        "cycle_weight",
        "identity_weight",
        "hints",
        "hint_weight",
    ),
    static=("generators", "discriminators", "loss", "batch_size", "optimizer"),
)
@dataclasses.dataclass(frozen=True, eq=False)
class CycleGAN(Game):
    """What `cycle_gan` makes. Pairs of networks stand in the order of `DOMAINS`: into a, into b; of a, of b."""

    generators: tuple[Network, Network]
    discriminators: tuple[Network, Network]
    loss: losses.GANLoss
    constraint: Constraint
    domain_a: Any
    domain_b: Any
    adversarial_weight: Scalar
    cycle_weight: Scalar
    identity_weight: Scalar | None
    hints: Batch | None
    hint_weight: Scalar
    batch_size: int
    optimizer: optax.GradientTransformation

    def init(self, key: Array) -> tuple[Player, Player]:
        keys = jax.random.split(key, (3, 2))
        made = {NAMES[to]: self.generators[i].init(keys[0, i]) for i, to in enumerate(DOMAINS)}
        judges = {of: self.adversary(of, None).init(*keys[1:, i]) for i, of in enumerate(DOMAINS)}
        return (
            Player(*({name: parts[i] for name, parts in made.items()} for i in range(2))),
            _together(judges),
        )

    def sample(self, key: Array) -> Batch:
        laws = (self.domain_a, self.domain_b)
        return _mesh.along_batch(
            tuple(
                law.sample(key, self.batch_size) for law, key in zip(laws, jax.random.split(key), strict=True)
            )
        )

    def translators(self, generator: Player) -> _Translators:
        """Return the function (to, x) -> points of the domain `to`, with its states as `.state`."""
        return _Translators(self.generators, generator)

    def adversary(self, of: str, settings: Any) -> Adversary:
        """Return the side of one domain's discriminator, as the settings want it."""
        constraint = constraint_of(settings, self.constraint)
        return Adversary(self.discriminators[DOMAINS.index(of)], self.loss, self.constraint, constraint)

    def player(self, discriminator: Player, of: str) -> Player:
        """Return one domain's discriminator out of the pair."""
        return Player(discriminator.params[of], discriminator.state[of])

    def point_shape(self, of: str) -> tuple[int, ...]:
        """Return the shape of one point of a domain."""
        return sampled(f"domain_{of}", {"a": self.domain_a, "b": self.domain_b}[of], 1).shape[1:]

    def discriminator_loss(
        self, discriminator: Player, generator: Player, batch: Batch, key: Array, settings: Any
    ) -> LossResult:
        a, b = batch
        translate = self.translators(generator)
        pairs = {"a": (a, translate("a", b)), "b": (b, translate("b", a))}
        results = {
            of: self.adversary(of, settings).discriminator_loss(
                self.player(discriminator, of), *pairs[of], key
            )
            for of, key in zip(DOMAINS, jax.random.split(key), strict=True)
        }
        (loss_a, (info_a, state_a)), (loss_b, (info_b, state_b)) = results["a"], results["b"]
        info = {
            "value": (info_a["value"] + info_b["value"]) / 2,
            "value_a": info_a["value"],
            "value_b": info_b["value"],
            "penalty": info_a["penalty"] + info_b["penalty"],
        }
        return loss_a + loss_b, (info, {"a": state_a, "b": state_b})

    def generator_loss(
        self, generator: Player, discriminator: Player, batch: Batch, key: Array, settings: Any
    ) -> LossResult:
        a, b = batch
        translate = self.translators(generator)
        fakes = {"a": translate("a", b), "b": translate("b", a)}
        terms = {
            "adversarial": sum(
                self.adversary(of, settings).generator_loss(self.player(discriminator, of), fakes[of])
                for of in DOMAINS
            ),
            "cycle": _distance(translate("a", fakes["b"]), a) + _distance(translate("b", fakes["a"]), b),
        }
        if self.identity_weight is not None:
            terms["identity"] = _distance(translate("b", b), b) + _distance(translate("a", a), a)
        if self.hints is not None:
            hint_a, hint_b = self.hints
            terms["hint"] = _distance(translate("b", hint_a), hint_b) + _distance(
                translate("a", hint_b), hint_a
            )
        loss = sum(getattr(self, f"{name}_weight").astype(term.dtype) * term for name, term in terms.items())
        return loss, (terms, translate.state)

    def project(self, discriminator: Player, settings: Any) -> Player:
        return _together(
            {of: self.adversary(of, settings).project(self.player(discriminator, of)) for of in DOMAINS}
        )


def _together(players: dict[str, Player]) -> Player:
    return Player(
        {of: player.params for of, player in players.items()},
        {of: player.state for of, player in players.items()},
    )


def _distance(x: Float[Array, "n *point"], y: Float[Array, "n *point"]) -> Scalar:
    """Compute the mean of |x - y| over points and coordinates alike."""
    return jnp.mean(jnp.abs(x - y))


def cycle_gan(
    generators: NetworkFactory | Pair,
    discriminators: NetworkFactory | Pair,
    loss: str | losses.GANLoss = "least_squares",
    constraint: Constraint | None = None,
    *,
    domain_a: Any,
    domain_b: Any,
    adversarial_weight: ArrayLike = 1.0,
    cycle_weight: ArrayLike = 10.0,
    identity_weight: ArrayLike | None = None,
    hints: Any = None,
    hint_weight: ArrayLike = 10.0,
    batch_size: int = 256,
    optimizer: optax.GradientTransformation | None = None,
) -> Game:
    """Make the game of two translators between two domains of which no pairs are known.

    The generator is a pair, F: A -> B and G: B -> A, the discriminator a pair too: one tells F(a) from b, the other
    G(b) from a. The pair of generators minimises the sum of four terms, each with its weight:

    - adversarial: each generator's loss before the discriminator of the domain it maps into;
    - cycle: |G(F(a)) - a| + |F(G(b)) - b|;
    - identity: |F(b) - b| + |G(a) - a|, which prefers maps that leave alone what is in the right domain already;
    - hint: |F(a_i) - b_i| + |G(b_i) - a_i| over the few pairs (a_i, b_i) of `hints`;

    where |.| is the mean over points and coordinates. A small cycle term says that G undoes F, not that F is the map
    that was meant: any F that carries the one law into the other, with its inverse, makes both discriminators helpless
    and the cycle term 0. The discriminators minimise the sum of their losses; the weights do not enter there.

    The weights and the hints are leaves: moving them compiles nothing anew.

    Args:
        generators: two functions `rngs -> nnx.Module`, for F and for G, or one for both; F maps points of domain_a to
            points of domain_b's shape, G the other way.
        discriminators: two functions `rngs -> nnx.Module`, for domain_a's and for domain_b's, or one for both; each
            maps points of its domain to raw scores [n, 1] or [n].
        loss: a name from `losses.LOSSES`, or a `losses.GANLoss`, for both sides.
        constraint: what holds each of the discriminators (`gantheory.lipschitz`); None for nothing. Settings may
            override it.
        domain_a: the law of A, with `.sample(key, n) -> [n, ...]` and `.dim`.
        domain_b: the law of B, likewise. The two are drawn independently.
        adversarial_weight: at least 0; 0 leaves the cycle and the other terms alone (the discriminators still learn,
            and are not listened to).
        cycle_weight: at least 0. 10 is the paper's, for images in [-1, 1]; the term has the unit of the points, and
            where they lie farther apart a smaller weight lets the generators move.
        identity_weight: at least 0; None leaves the term out, so that it is not computed (0.0 computes and reports
            it). It needs domains of one shape.
        hints: None, or (a [m, ...], b [m, ...]), points of which the i-th of the one belongs to the i-th of the other;
            all of them are used in every step.
        hint_weight: at least 0; without hints it has no meaning.
        batch_size: points of each domain in one step. Every step draws fresh ones.
        optimizer: as for `gan`.

    Returns:
        The game, for `gantheory.training`. Its value is the *mean* of the two discriminators' values, so that it is
        -log 4 where neither can tell, as in other games. Its history has the details "value_a" and "value_b",
        "penalty" (of both), and, without their weights, "adversarial", "cycle" and, where they take part, "identity"
        and "hint".

    Raises:
        TypeError, ValueError: where an argument is not as above, or the shapes of the parts do not fit.

    Source: Zhu et al. 2017, Unpaired Image-to-Image Translation using Cycle-Consistent Adversarial Networks, section
    3; the identity term: section 5.2. Two things of section 4 are left out, the buffer of earlier translations and
    the halved loss of the discriminators, for which there is a learning rate.

    >>> import jax
    >>> from gantheory import games, lipschitz, training
    >>> from gantheory.distributions import Gaussian
    >>> from gantheory.networks import MLP
    >>> network = lambda rngs: MLP(1, 1, width=16, rngs=rngs)
    >>> game = cycle_gan(
    ...     network, network, "non_saturating", lipschitz.r1(0.1),
    ...     domain_a=Gaussian(0.0, 1.0), domain_b=Gaussian(3.0, 1.0), cycle_weight=1.0,
    ... )
    >>> settings = training.Settings(generator_learning_rate=1e-3)
    >>> state, history = training.train(game, training.init(game, jax.random.key(0)), 1000, settings)
    >>> b = games.translate(game, state, game.domain_a.sample(jax.random.key(1), 1000), to="b")
    >>> bool(abs(b.mean() - 3) < 0.5), bool(history.details["cycle"][-1] < 0.3)
    (True, True)
    """
    batch_size = _checks.whole("batch_size", batch_size)
    a_to_b, b_to_a = _pair("generators", generators, "A to B, B to A")
    of_a, of_b = _pair("discriminators", discriminators, "of A, of B")
    laws = [
        resolve_distribution(f"domain_{of}", law)
        for of, law in zip(DOMAINS, (domain_a, domain_b), strict=True)
    ]
    a, b = (sampled(f"domain_{of}", law, batch_size) for of, law in zip(DOMAINS, laws, strict=True))
    if identity_weight is not None and a.shape != b.shape:
        shapes = f"points of shapes {list(a.shape[1:])} and {list(b.shape[1:])}"
        _checks.refuse("identity_weight", "None where the domains have different shapes", shapes)
    game = CycleGAN(
        generators=(b_to_a, a_to_b),
        discriminators=(of_a, of_b),
        loss=losses.resolve(loss),
        constraint=resolve_constraint(constraint),
        domain_a=laws[0],
        domain_b=laws[1],
        adversarial_weight=_weight("adversarial_weight", adversarial_weight),
        cycle_weight=_weight("cycle_weight", cycle_weight),
        identity_weight=None if identity_weight is None else _weight("identity_weight", identity_weight),
        hints=_hints(hints, a, b),
        hint_weight=_weight("hint_weight", hint_weight),
        batch_size=batch_size,
        optimizer=resolve_optimizer(optimizer),
    )
    for name, network, start, end in (("A to B", a_to_b, a, b), ("B to A", b_to_a, b, a)):
        check_generator(f"generators ({name})", network, f"domain {name[-1]}'s", end.shape, start)
    for name, network, x in (("of A", of_a, a), ("of B", of_b, b)):
        check_scores(f"discriminators ({name})", network, x)
    return game


def _pair(name: str, factories: Any, order: str) -> tuple[Network, Network]:
    if callable(factories):
        factories = (factories, factories)
    if not isinstance(factories, tuple | list) or len(factories) != 2:
        allowed = f"one function rngs -> nnx.Module, or a pair of them ({order})"
        _checks.refuse(name, allowed, _checks.describe(factories), TypeError)
    return tuple(Network(name, factory) for factory in factories)


def _weight(name: str, weight: Any) -> Scalar:
    return _pytree.scalar(_checks.number(name, weight, at_least=0))


def _hints(hints: Any, a: jax.ShapeDtypeStruct, b: jax.ShapeDtypeStruct) -> Batch | None:
    if hints is None:
        return None
    allowed = f"None, or a pair (a [m, {_sizes(a)}], b [m, {_sizes(b)}])"
    if not isinstance(hints, tuple | list) or len(hints) != 2:
        _checks.refuse("hints", allowed, _checks.describe(hints), TypeError)
    arrays = tuple(
        _checks.real_array("hints", x).astype(of.dtype) for x, of in zip(hints, (a, b), strict=True)
    )
    m = arrays[0].shape[:1]
    if 0 in m or [x.shape for x in arrays] != [(*m, *of.shape[1:]) for of in (a, b)]:
        came = " and ".join(str(list(x.shape)) for x in arrays)
        _checks.refuse("hints", allowed, f"shapes {came}")
    return arrays


def _sizes(x: jax.ShapeDtypeStruct) -> str:
    return ", ".join(map(str, x.shape[1:]))
