"""No two files import each other, by whatever way: what is read first can be understood first."""

import ast
from pathlib import Path

from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

import suandian

HOUSE = Path(suandian.__file__).parent


def modules(root: Path) -> dict[str, ast.Module]:
    trees = {}
    for path in sorted(root.rglob("*.py")):
        name = ".".join((root.name, *path.relative_to(root).with_suffix("").parts))
        trees[name.removesuffix(".__init__")] = ast.parse(path.read_text(encoding="utf-8"))
    return trees


def imported(tree: ast.Module, known: set[str]) -> set[str]:
    """Return what a file imports, in functions and under TYPE_CHECKING too."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                names.add(inner if inner in known else node.module)
    return names & known


def circles(root: Path) -> list[list[str]]:
    trees = modules(root)
    place = {name: i for i, name in enumerate(trees)}
    pairs = [
        (place[name], place[other])
        for name, tree in trees.items()
        for other in imported(tree, set(trees)) - {name}
    ]
    ones = [1] * len(pairs)
    graph = csr_array((ones, tuple(zip(*pairs, strict=True))), shape=(len(trees),) * 2)
    _, group = connected_components(graph, directed=True, connection="strong")
    groups: dict[int, list[str]] = {}
    for name, i in place.items():
        groups.setdefault(int(group[i]), []).append(name)
    return [names for names in groups.values() if len(names) > 1]


def test_no_two_files_import_each_other() -> None:
    assert circles(HOUSE) == []


def test_a_circle_would_be_seen(tmp_path: Path) -> None:
    root = tmp_path / "house"
    root.mkdir()
    hidden = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from house.b import B\n"
    (root / "a.py").write_text(hidden)
    (root / "b.py").write_text("def f():\n    from house import c\n")
    (root / "c.py").write_text("import house.a\n")
    (root / "d.py").write_text("import house.a\n")
    assert circles(root) == [["house.a", "house.b", "house.c"]]
