"""The guest of image_gan.py: the same networks, losses, optimiser and kind of data in PyTorch eager."""

import torch
import torch_worker
from torch import nn

PRIOR_DIM = 64
PIXELS = torch.randint(256, (10_000, 1, 28, 28), dtype=torch.uint8)


def pair(width: int) -> torch_worker.Pair:
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
    return torch_worker.Pair(generator, discriminator, (2e-4, 2e-4), PRIOR_DIM, images)


def images(n: int) -> torch.Tensor:
    return PIXELS[torch.randint(len(PIXELS), (n,))].float() / 127.5 - 1


if __name__ == "__main__":
    torch_worker.main(pair)
