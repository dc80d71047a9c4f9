"""Make the pictures that the README shows, from the notebooks' own figures.

uv run python tools/pictures.py
"""

import argparse
import sys
from io import BytesIO
from pathlib import Path

from PIL import Image

from gantheory.explorables import earth_mover, js_saturation, start_here
from gantheory.live import pages
from gantheory.live.figure import LiveFigure

PICTURES = Path(__file__).parents[1] / "pictures"
WIDTH = 640  # pixels of the animation
FRAMES, FRAME_MS, LAST_MS = 36, 140, 2500


def animation(path: Path) -> None:
    """Record the training of notebook 00 in the plane."""
    live = start_here.gan_in_the_plane()
    live.controls["speed"].value = 20
    strip = pages.record(live, num_frames=FRAMES)
    live.close()
    height = round(WIDTH * strip.height / strip.width)
    frames = [
        Image.open(BytesIO(frame)).convert("RGB").resize((WIDTH, height), Image.Resampling.LANCZOS)
        for frame in strip.frames
    ]
    # One palette for all, lest the background flicker.
    together = Image.new("RGB", (WIDTH, 3 * height))
    for i, frame in enumerate([frames[0], frames[len(frames) // 4], frames[-1]]):
        together.paste(frame, (0, i * height))
    palette = together.quantize(112, kmeans=3)
    first, *rest = [frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames]
    durations = [FRAME_MS] * len(rest) + [LAST_MS]
    first.save(path, save_all=True, append_images=rest, duration=durations, loop=0, optimize=True)


def still(path: Path, live: LiveFigure, **values: object) -> None:
    """Move a figure's controls, and keep its picture."""
    for name, value in values.items():
        live.controls[name].value = value
    live.settle(60)
    Image.open(BytesIO(live.stage.frame)).convert("RGB").quantize(128).save(path, optimize=True)
    live.close()


def main() -> None:
    """Make them all."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, default=PICTURES)
    output = parser.parse_args().output
    output.mkdir(parents=True, exist_ok=True)
    animation(output / "gan_in_the_plane.gif")
    still(output / "js_saturation.png", js_saturation.crossing_segments(), angle=1)
    still(output / "earth_mover.png", earth_mover.js_beside_w1())
    for path in sorted(output.iterdir()):
        print(f"{path.name}: {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    sys.exit(main())
