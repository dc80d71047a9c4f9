"""A worker in PyTorch eager, in an environment of its own: trains a pair of networks when told to, and times it.

Each line "GAME WIDTH BATCH STEPS THREADS" on stdin trains so many steps on and is answered with the seconds on stdout.
"""

import sys
import time
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import nn
from torch.nn import functional


class Pair(NamedTuple):
    """Two networks and what they are trained with."""

    generator: nn.Module
    discriminator: nn.Module
    rates: tuple[float, float]  # of Adam, of the two
    prior_dim: int
    draw: Callable[[int], torch.Tensor]  # of real data


class GAN:
    """One update of D and one of G a step, with the non-saturating loss."""

    def __init__(self, pair: Pair, batch: int):
        self.pair, self.batch = pair, batch
        self.adams = [
            torch.optim.Adam(network.parameters(), rate, betas=(0.0, 0.99))
            for network, rate in zip(pair[:2], pair.rates, strict=True)
        ]

    def fake(self) -> torch.Tensor:
        return self.pair.generator(torch.randn(self.batch, self.pair.prior_dim))

    def scores(self, x: torch.Tensor) -> torch.Tensor:
        return self.pair.discriminator(x)[:, 0]

    def step(self) -> None:
        generator_adam, discriminator_adam = self.adams
        real = self.pair.draw(self.batch)
        with torch.no_grad():
            fake = self.fake()
        discriminator_adam.zero_grad()
        self.discriminator_loss(real, fake).backward()
        discriminator_adam.step()

        self.pair.discriminator.requires_grad_(False)
        generator_adam.zero_grad()
        self.generator_loss(self.scores(self.fake())).backward()
        generator_adam.step()
        self.pair.discriminator.requires_grad_(True)

    def discriminator_loss(self, real: torch.Tensor, fake: torch.Tensor) -> torch.Tensor:
        real_scores, fake_scores = self.scores(real), self.scores(fake)
        return functional.softplus(-real_scores).mean() + functional.softplus(fake_scores).mean()

    def generator_loss(self, fake_scores: torch.Tensor) -> torch.Tensor:
        return functional.softplus(-fake_scores).mean()


class WGANGP(GAN):
    """The same with the Wasserstein loss and a gradient penalty of weight 10."""

    def discriminator_loss(self, real: torch.Tensor, fake: torch.Tensor) -> torch.Tensor:
        estimate = self.scores(real).mean() - self.scores(fake).mean()
        t = torch.rand(self.batch, *[1] * (real.dim() - 1))
        between = (t * real + (1 - t) * fake).requires_grad_(True)
        (slopes,) = torch.autograd.grad(self.scores(between).sum(), between, create_graph=True)
        return 10.0 * (slopes.flatten(1).norm(dim=1) - 1).square().mean() - estimate

    def generator_loss(self, fake_scores: torch.Tensor) -> torch.Tensor:
        return -fake_scores.mean()


GAMES = {"gan": GAN, "wgan_gp": WGANGP}


def main(make: Callable[[int], Pair]) -> None:
    """Work, with pairs that `make` makes for each width."""
    trainings = {}
    print(torch.__version__, torch.get_num_threads(), flush=True)
    for line in sys.stdin:
        game, *numbers = line.split()
        width, batch, steps, threads = map(int, numbers)
        torch.set_num_threads(threads)
        if (game, width, batch) not in trainings:
            torch.manual_seed(0)
            trainings[game, width, batch] = GAMES[game](make(width), batch)
        training = trainings[game, width, batch]
        started = time.perf_counter()
        for _ in range(steps):
            training.step()
        print(time.perf_counter() - started, flush=True)
