"""The guest of toy_gan.py: the same 2-D GANs in PyTorch eager, in an environment of its own.

A worker: each line "GAME WIDTH BATCH STEPS THREADS" on stdin trains so many steps on and answers with the seconds on
stdout. Both networks, the losses, the optimiser and the target are those of toy_gan.py.
"""

import math
import sys
import time

import torch
from torch import nn
from torch.nn import functional


def network(out_dim, width):
    return nn.Sequential(
        nn.Linear(2, width),
        nn.LeakyReLU(0.2),
        nn.Linear(width, width),
        nn.LeakyReLU(0.2),
        nn.Linear(width, out_dim),
    )


class Training:
    def __init__(self, width, batch):
        torch.manual_seed(0)
        self.batch = batch
        self.generator, self.discriminator = network(2, width), network(1, width)
        self.generator_adam = torch.optim.Adam(self.generator.parameters(), 3e-4, betas=(0.0, 0.99))
        self.discriminator_adam = torch.optim.Adam(self.discriminator.parameters(), 3e-3, betas=(0.0, 0.99))
        angle = torch.arange(8) * (2 * math.pi / 8)
        self.means = torch.stack([angle.cos(), angle.sin()], dim=1)

    def step(self):
        real = self.means[torch.randint(8, (self.batch,))] + 0.1 * torch.randn(self.batch, 2)
        with torch.no_grad():
            fake = self.generator(torch.randn(self.batch, 2))
        self.discriminator_adam.zero_grad()
        self.discriminator_loss(real, fake).backward()
        self.discriminator_adam.step()

        self.discriminator.requires_grad_(False)
        fake_scores = self.discriminator(self.generator(torch.randn(self.batch, 2)))[:, 0]
        self.generator_adam.zero_grad()
        self.generator_loss(fake_scores).backward()
        self.generator_adam.step()
        self.discriminator.requires_grad_(True)


class GAN(Training):
    def discriminator_loss(self, real, fake):
        real_scores, fake_scores = self.discriminator(real)[:, 0], self.discriminator(fake)[:, 0]
        return functional.softplus(-real_scores).mean() + functional.softplus(fake_scores).mean()

    def generator_loss(self, fake_scores):
        return functional.softplus(-fake_scores).mean()


class WGANGP(Training):
    def discriminator_loss(self, real, fake):
        estimate = self.discriminator(real).mean() - self.discriminator(fake).mean()
        t = torch.rand(self.batch, 1)
        between = (t * real + (1 - t) * fake).requires_grad_(True)
        (slopes,) = torch.autograd.grad(self.discriminator(between).sum(), between, create_graph=True)
        return 10.0 * (slopes.norm(dim=1) - 1).square().mean() - estimate

    def generator_loss(self, fake_scores):
        return -fake_scores.mean()


KINDS = {"gan": GAN, "wgan_gp": WGANGP}


def main():
    trainings = {}
    print(torch.__version__, torch.get_num_threads(), flush=True)
    for line in sys.stdin:
        kind, *numbers = line.split()
        width, batch, steps, threads = map(int, numbers)
        torch.set_num_threads(threads)
        if (kind, width, batch) not in trainings:
            trainings[kind, width, batch] = KINDS[kind](width, batch)
        training = trainings[kind, width, batch]
        started = time.perf_counter()
        for _ in range(steps):
            training.step()
        print(time.perf_counter() - started, flush=True)


if __name__ == "__main__":
    main()
