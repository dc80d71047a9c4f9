"""The house holds: imports go down only, heavy libraries are loaded only when used, every public name is documented."""

import ast
import importlib
import inspect
import pkgutil
import re
import subprocess
import sys
from pathlib import Path

import pytest

import gantheory

PACKAGE = Path(gantheory.__file__).parent

FLOORS = [
    {"_checks", "_leaves", "_mesh", "_pytree"},
    {
        "_curves",
        "_distribution",
        "distributions",
        "_f_divergences",
        "_integrands",
        "_scale",
        "divergences",
        "transport",
    },
    {
        "losses",
        "lipschitz",
        "networks",
        "games",
        "training",
        "metrics",
        "dynamics",
        "datasets",
        "checkpoints",
        "classifiers",
        "recipes",
    },
    {"plotting"},
    {"live"},
    {"exercises", "explorables"},
    {"_launch", "_site", "_train", "__main__"},
]
# What a floor may import from outside, beside the standard library; higher floors may import all that lower ones may.
LIBRARIES = [
    {"jax", "jaxtyping", "numpy", "scipy"},
    set(),
    {"flax", "optax", "orbax", "pooch", "PIL", "sklearn", "tqdm"},
    {"matplotlib"},
    {"ipywidgets", "anywidget", "traitlets", "IPython"},
    set(),
    {"click", "docutils", "jupyterlab", "myst_nb", "nbclient", "nbformat", "sphinx"},
]


def _floor(part: str) -> int:
    return next(height for height, parts in enumerate(FLOORS) if part in parts)


def _imports(path: Path):
    """List (module, name) for each import in a file, wherever it stands."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from ((alias.name, None) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield from ((node.module, alias.name) for alias in node.names)


def _sources():
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        if parts != ("__init__",):
            yield path, parts[0]


def test_imports_go_down():
    wrong = []
    for path, part in _sources():
        for module, name in _imports(path):
            if module.split(".")[0] != "gantheory":
                continue
            imported = module.split(".")[1] if "." in module else name
            if imported == "__version__":
                continue
            if _floor(imported) > _floor(part):
                wrong.append(f"{path.relative_to(PACKAGE)} imports {imported}")
    assert wrong == []


def test_libraries_stay_on_their_floor():
    wrong = []
    for path, part in _sources():
        allowed = set().union(*LIBRARIES[: _floor(part) + 1]) | set(sys.stdlib_module_names) | {"gantheory"}
        wrong += [
            f"{path.relative_to(PACKAGE)} imports {module}"
            for module, _ in _imports(path)
            if module.split(".")[0] not in allowed
        ]
    assert wrong == []


def test_pyplot_is_never_imported():
    for path, _ in _sources():
        assert all("pyplot" not in f"{module}.{name}" for module, name in _imports(path)), path


def test_heavy_libraries_are_loaded_only_when_used():
    code = (
        "import sys, gantheory\n"
        "from gantheory import distributions, divergences, transport, losses, lipschitz, networks, games\n"
        "from gantheory import training, dynamics, metrics, recipes, checkpoints, datasets, classifiers\n"
        "heavy = 'matplotlib ipywidgets scipy.optimize sklearn tqdm orbax pooch requests PIL'.split()\n"
        "print([m for m in heavy if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def _modules():
    for info in pkgutil.walk_packages([str(PACKAGE)], "gantheory."):
        if not info.name.rsplit(".", 1)[-1].startswith("_"):
            yield importlib.import_module(info.name)


def test_every_public_name_is_documented():
    silent = []
    for module in _modules():
        if not module.__doc__:
            silent.append(module.__name__)
        for name in getattr(module, "__all__", []):
            thing = getattr(module, name)
            if not (inspect.isclass(thing) or inspect.isfunction(thing)):
                continue
            if not inspect.getdoc(thing):
                silent.append(f"{module.__name__}.{name}")
            if inspect.isclass(thing):
                silent += [
                    f"{module.__name__}.{name}.{method}"
                    for method, function in vars(thing).items()
                    if not method.startswith("_")
                    and inspect.isfunction(function)
                    and not inspect.getdoc(function)
                ]
    assert silent == []


def _public_functions(lowest: int, highest: int):
    for module in _modules():
        if lowest <= _floor(module.__name__.split(".")[1]) <= highest:
            for name in getattr(module, "__all__", []):
                thing = inspect.unwrap(getattr(module, name)) if callable(getattr(module, name)) else None
                if inspect.isfunction(thing):
                    yield f"{module.__name__}.{name}", thing


def test_every_function_of_the_lower_floors_has_an_example_and_says_its_errors():
    functions = dict(_public_functions(1, 2))
    assert len(functions) > 80
    without = [name for name, function in functions.items() if ">>> " not in inspect.getdoc(function)]
    assert without == []
    silent = [
        name
        for name, function in functions.items()
        if inspect.signature(function).parameters
        # Or "arguments and errors as in `kl`".
        and not re.search(r"^Raises:$|\berrors\b[^.]* `\w+`", inspect.getdoc(function), flags=re.M | re.S)
        and not re.search(r"`\w+` for the arguments and errors", inspect.getdoc(function))
    ]
    assert silent == []


def test_every_public_name_exists():
    for module in _modules():
        for name in getattr(module, "__all__", []):
            assert hasattr(module, name), f"{module.__name__}.{name}"


def test_parts_of_the_package_are_found_by_name():
    assert gantheory.divergences.js is importlib.import_module("gantheory.divergences").js
    assert set(gantheory.__all__) <= set(dir(gantheory))
    with pytest.raises(AttributeError, match="module 'gantheory' has no attribute 'nothing'"):
        getattr(gantheory, "noth" + "ing")
