"""How every benchmark stores what it measured: beside the command, the machine and the versions."""

import datetime
import json
import os
import platform
import statistics
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"
ROOT = Path(__file__).parents[1]


def spread(values: Sequence[float]) -> dict[str, float]:
    return {"median": statistics.median(values), "lowest": min(values), "highest": max(values)}


def ratios(numerators: Iterable[float], denominators: Iterable[float]) -> list[float]:
    """Divide round by round: what slows a whole round slows both."""
    return [a / b for a, b in zip(numerators, denominators, strict=True)]


def verdict(name: str, value: float, *, at_least: float | None = None, at_most: float | None = None) -> str:
    reached = (at_least is None or value >= at_least) and (at_most is None or value <= at_most)
    aim = f"at least {at_least:g}" if at_least is not None else f"at most {at_most:g}"
    return f"{name}: {value:.3g} (aim: {aim}, {'reached' if reached else 'MISSED'})"


def store(
    output: Path, *, command: str, packages: Sequence[str], versions: Mapping[str, str] | None = None, **measured: Any
) -> None:  # fmt: skip
    """Write the measured numbers as JSON, with everything that one needs to make them again."""
    import jax

    result = {
        "command": command,
        "date": datetime.date.today().isoformat(),
        "machine": {
            "cpus": os.cpu_count(),
            "machine": platform.machine(),
            "device": jax.devices()[0].device_kind,
            "load_at_the_end": round(os.getloadavg()[0], 2),
        },
        "python": platform.python_version(),
        "versions": {**{name: version(name) for name in packages}, **(versions or {})},
        **measured,
    }
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(json.dumps(result, indent=2) + "\n")
    output = output.resolve()
    print(f"stored in {output.relative_to(ROOT) if output.is_relative_to(ROOT) else output}")
