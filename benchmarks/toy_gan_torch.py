"""The guest of toy_gan.py: the same 2-D GAN in PyTorch eager, in an environment of its own.

A worker: each line "WIDTH BATCH STEPS THREADS" on stdin trains so many steps on and answers with the seconds on stdout.
Both networks, the loss, the optimiser and the target are those of toy_gan.py.
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
        real_scores, fake_scores = self.discriminator(real)[:, 0], self.discriminator(fake)[:, 0]
        loss = functional.softplus(-real_scores).mean() + functional.softplus(fake_scores).mean()
        self.discriminator_adam.zero_grad()
        loss.backward()
        self.discriminator_adam.step()

        self.discriminator.requires_grad_(False)
        fake_scores = self.discriminator(self.generator(torch.randn(self.batch, 2)))[:, 0]
        loss = functional.softplus(-fake_scores).mean()
        self.generator_adam.zero_grad()
        loss.backward()
        self.generator_adam.step()
        self.discriminator.requires_grad_(True)


def main():
    trainings = {}
    print(torch.__version__, torch.get_num_threads(), flush=True)
    for line in sys.stdin:
        width, batch, steps, threads = map(int, line.split())
        torch.set_num_threads(threads)
        if (width, batch) not in trainings:
            trainings[width, batch] = Training(width, batch)
        started = time.perf_counter()
        for _ in range(steps):
            trainings[width, batch].step()
        print(time.perf_counter() - started, flush=True)


if __name__ == "__main__":
    main()
