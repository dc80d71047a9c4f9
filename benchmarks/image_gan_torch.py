"""The guest of image_gan.py: the same GANs for images in PyTorch eager, in an environment of its own.

A worker: each line "GAME WIDTH BATCH STEPS THREADS" on stdin trains so many steps on and answers with the seconds on
stdout. Both networks, the losses, the optimiser and the kind of data are those of image_gan.py.
"""

import sys
import time

import torch
from torch import nn
from torch.nn import functional

PRIOR_DIM = 64


def pair(width):
    generator = nn.Sequential(
        nn.Linear(PRIOR_DIM, 49 * 2 * width),
        nn.ReLU(),
        nn.Unflatten(1, (2 * width, 7, 7)),
        nn.ConvTranspose2d(2 * width, width, 4, 2, 1),
        nn.ReLU(),
        nn.ConvTranspose2d(width, 1, 4, 2, 1),
        nn.Tanh(),
    )
    discriminator = nn.Sequential(
        nn.Conv2d(1, width, 4, 2, 1),
        nn.LeakyReLU(0.2),
        nn.Conv2d(width, 2 * width, 4, 2, 1),
        nn.LeakyReLU(0.2),
        nn.Flatten(),
        nn.Linear(49 * 2 * width, 1),
    )
    return generator, discriminator


class Training:
    def __init__(self, width, batch):
        torch.manual_seed(0)
        self.batch = batch
        self.generator, self.discriminator = pair(width)
        self.generator_adam = torch.optim.Adam(self.generator.parameters(), 2e-4, betas=(0.0, 0.99))
        self.discriminator_adam = torch.optim.Adam(self.discriminator.parameters(), 2e-4, betas=(0.0, 0.99))
        self.pixels = torch.randint(256, (10_000, 1, 28, 28), dtype=torch.uint8)

    def step(self):
        real = self.pixels[torch.randint(len(self.pixels), (self.batch,))].float() / 127.5 - 1
        with torch.no_grad():
            fake = self.generator(torch.randn(self.batch, PRIOR_DIM))
        self.discriminator_adam.zero_grad()
        self.discriminator_loss(real, fake).backward()
        self.discriminator_adam.step()

        self.discriminator.requires_grad_(False)
        fake_scores = self.discriminator(self.generator(torch.randn(self.batch, PRIOR_DIM)))[:, 0]
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
        t = torch.rand(self.batch, 1, 1, 1)
        between = (t * real + (1 - t) * fake).requires_grad_(True)
        (slopes,) = torch.autograd.grad(self.discriminator(between).sum(), between, create_graph=True)
        return 10.0 * (slopes.flatten(1).norm(dim=1) - 1).square().mean() - estimate

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
