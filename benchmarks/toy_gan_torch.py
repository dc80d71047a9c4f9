"""The guest of toy_gan.py: the same networks, losses, optimiser and target in PyTorch eager."""

import math

import torch
import torch_worker
from torch import nn


def network(out_dim: int, width: int) -> nn.Module:
    return nn.Sequential(
        nn.Linear(2, width),
        nn.LeakyReLU(0.2),
        nn.Linear(width, width),
        nn.LeakyReLU(0.2),
        nn.Linear(width, out_dim),
    )


def ring(n: int) -> torch.Tensor:
    return MEANS[torch.randint(8, (n,))] + 0.1 * torch.randn(n, 2)


ANGLES = torch.arange(8) * (2 * math.pi / 8)
MEANS = torch.stack([ANGLES.cos(), ANGLES.sin()], dim=1)

if __name__ == "__main__":
    torch_worker.main(
        lambda width: torch_worker.Pair(network(2, width), network(1, width), (3e-4, 3e-3), 2, ring)
    )
