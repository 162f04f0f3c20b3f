"""How dense the source is: what a reader meets on a line, counted.

`python tools/density.py` prints a table by room (folder) and in total; `python tools/density.py
OTHER/src --json` measures another checkout, as JSON. `--tighten` writes today's values into
`tests/house/density.json` where they are better than what stands there: the test holds them, so a
figure may improve and never slip back. Only the standard library is needed.
"""

from __future__ import annotations

import argparse
import ast
import io
import json
import sys
import tokenize
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent
STORED = HERE / "tests" / "house" / "density.json"

COLUMNS = 100
FUNCTION_LINES = 60
FILE_LINES = 400

# What the house aims at. All but the comments are upper limits.
TARGETS: Mapping[str, float] = {
    "tokens_per_line": 9.0,
    "comments_per_100_lines": 4.0,
    "wide_lines": 0,
    "class_names_used_twice": 0,
    "long_functions": 0,
    "long_files": 0,
}
MORE_IS_BETTER = "comments_per_100_lines"

# Layout is no word: a reader does not read an indent or the end of a line.
_LAYOUT = frozenset(
    {
        tokenize.COMMENT,
        tokenize.NL,
        tokenize.NEWLINE,
        tokenize.INDENT,
        tokenize.DEDENT,
        tokenize.ENDMARKER,
        tokenize.ENCODING,
    }
)


@dataclass
class Density:
    """Counts of one room or of all: code lines and their tokens (without docstrings), comments on
    lines of their own, and the places of what is too wide or too long.
    """

    files: int = 0
    code_lines: int = 0
    tokens: int = 0
    comments: int = 0
    wide_lines: list[str] = field(default_factory=list)
    long_functions: list[str] = field(default_factory=list)
    long_files: list[str] = field(default_factory=list)

    def add(self, other: Density) -> None:
        """Count `other` in."""
        for name in (f.name for f in fields(self)):
            setattr(self, name, getattr(self, name) + getattr(other, name))

    @property
    def tokens_per_line(self) -> float:
        """Tokens a code line [1]."""
        return self.tokens / max(self.code_lines, 1)

    @property
    def comments_per_100_lines(self) -> float:
        """Comments on lines of their own per 100 code lines [1]."""
        return 100 * self.comments / max(self.code_lines, 1)


def width(line: str) -> int:
    """Return the columns that `line` takes, as the formatter counts them: 2 for a wide character.

    Examples
    --------
    >>> width("power"), width("算电"), width("e\\u0301")
    (5, 4, 1)
    """
    columns = 0
    for character in line:
        if unicodedata.combining(character):
            continue
        columns += 2 if unicodedata.east_asian_width(character) in "WF" else 1
    return columns


def tokens_of(text: str) -> Iterator[tokenize.TokenInfo]:
    """Yield the tokens of a file's `text`; an f-string is one token in every version of Python."""
    # Python 3.12 and later cut an f-string into its parts; earlier ones see one string.
    begins = getattr(tokenize, "FSTRING_START", None)
    ends = getattr(tokenize, "FSTRING_END", None)
    depth = 0
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        inside = depth > 0
        depth += token.type == begins
        depth -= token.type == ends
        if not inside:
            yield token


def docstring_lines(tree: ast.Module) -> set[int]:
    """Return the numbers of the lines that docstrings take."""
    owners = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    lines: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, owners) and ast.get_docstring(node, clean=False) is not None:
            first = node.body[0]
            lines.update(range(first.lineno, (first.end_lineno or first.lineno) + 1))
    return lines


def of_file(text: str, place: str) -> Density:
    """Return the density of a file with this `text`; `place` names it in the lists."""
    tree = ast.parse(text)
    lines = text.splitlines()
    docstrings = docstring_lines(tree)
    density = Density(files=1)
    code_lines: set[int] = set()
    for token in tokens_of(text):
        row = token.start[0]
        if token.type == tokenize.COMMENT and lines[row - 1].lstrip().startswith("#"):
            density.comments += 1
        if token.type in _LAYOUT or row in docstrings:
            continue
        density.tokens += 1
        code_lines.update(range(row, token.end[0] + 1))
    density.code_lines = len(code_lines)
    density.wide_lines = [
        f"{place}:{number}" for number, line in enumerate(lines, 1) if width(line) > COLUMNS
    ]
    density.long_functions = [
        f"{place}:{node.lineno} {node.name} ({length})"
        for node, length in _functions(tree)
        if length > FUNCTION_LINES
    ]
    if len(lines) > FILE_LINES:
        density.long_files = [f"{place} ({len(lines)})"]
    return density


def _functions(tree: ast.Module) -> Iterator[tuple[ast.FunctionDef | ast.AsyncFunctionDef, int]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node, (node.end_lineno or node.lineno) - node.lineno + 1


def class_names(files: Mapping[str, str]) -> dict[str, list[str]]:
    """Return the public classes that stand in more than one place, by name."""
    places: dict[str, list[str]] = defaultdict(list)
    for place, text in files.items():
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places[node.name].append(f"{place}:{node.lineno}")
    return {name: where for name, where in sorted(places.items()) if len(where) > 1}


def package(folder: Path) -> Path:
    """Return the package in `folder`: the folder itself, or the one package below it.

    Raises
    ------
    SystemExit
        If there is no package, or more than one.
    """
    if (folder / "__init__.py").exists():
        return folder
    below = sorted(f.parent for f in folder.glob("*/__init__.py"))
    if len(below) != 1:
        raise SystemExit(f"{folder}: holds {len(below)} packages, not one")
    return below[0]


def measure(folder: Path) -> tuple[dict[str, Density], dict[str, list[str]]]:
    """Return the density of each room of the package in `folder`, `total` last, and the public
    class names used twice.
    """
    root = package(folder)
    files = {
        path.relative_to(root).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(root.rglob("*.py"))
    }
    rooms: dict[str, Density] = defaultdict(Density)
    total = Density()
    for place, text in files.items():
        density = of_file(text, place)
        room = place.split("/")[0] if "/" in place else "."
        rooms[room].add(density)
        total.add(density)
    return {**dict(sorted(rooms.items())), "total": total}, class_names(files)


def figures(total: Density, twice: Mapping[str, list[str]]) -> dict[str, float]:
    """Return the figures that have a target."""
    return {
        "tokens_per_line": round(total.tokens_per_line, 2),
        "comments_per_100_lines": round(total.comments_per_100_lines, 2),
        "wide_lines": len(total.wide_lines),
        "class_names_used_twice": len(twice),
        "long_functions": len(total.long_functions),
        "long_files": len(total.long_files),
    }


def limit(name: str, stored: float) -> float:
    """Return what figure `name` must keep: its target once reached, what stands stored before.

    Examples
    --------
    >>> limit("tokens_per_line", 9.5), limit("tokens_per_line", 8.1)
    (9.5, 9.0)
    >>> limit("comments_per_100_lines", 1.2), limit("comments_per_100_lines", 5.0)
    (1.2, 4.0)
    """
    worse = min if name == MORE_IS_BETTER else max
    return worse(TARGETS[name], stored)


def slipped(today: Mapping[str, float], stored: Mapping[str, float]) -> list[str]:
    """Return a line for each figure that is worse than its limit."""
    lines = []
    for name, value in today.items():
        held = limit(name, stored[name])
        worse = value < held if name == MORE_IS_BETTER else value > held
        if worse:
            lines.append(f"{name}: {value:g}, held at {held:g}")
    return lines


def tighten(today: Mapping[str, float], stored: Mapping[str, float]) -> dict[str, float]:
    """Return the better of both for each figure."""
    better = {}
    for name, value in today.items():
        choose = max if name == MORE_IS_BETTER else min
        better[name] = choose(value, stored.get(name, value))
    return better


def table(rooms: Mapping[str, Density]) -> Iterator[str]:
    """Yield the lines of the table by room."""
    heads = (
        "room",
        "files",
        "lines",
        "tokens/line",
        "comments/100",
        "wide",
        "long f.",
        "long files",
    )
    yield "{:<12}{:>7}{:>8}{:>13}{:>14}{:>6}{:>9}{:>12}".format(*heads)
    for room, density in rooms.items():
        counts = (len(density.wide_lines), len(density.long_functions), len(density.long_files))
        yield (
            f"{room:<12}{density.files:>7}{density.code_lines:>8}{density.tokens_per_line:>13.2f}"
            f"{density.comments_per_100_lines:>14.2f}"
            "{:>6}{:>9}{:>12}".format(*counts)
        )


def _listed(title: str, places: Iterable[str]) -> Iterator[str]:
    lines = [f"  {place}" for place in places]
    if lines:
        yield from ("", f"{title}:", *lines)


def _as_json(rooms: Mapping[str, Density], twice: Mapping[str, list[str]]) -> str:
    by_room = {}
    for room, density in rooms.items():
        plain = {f.name: getattr(density, f.name) for f in fields(density)}
        ratios = {
            "tokens_per_line": round(density.tokens_per_line, 2),
            "comments_per_100_lines": round(density.comments_per_100_lines, 2),
        }
        by_room[room] = plain | ratios
    whole = {"figures": figures(rooms["total"], twice), "class_names_used_twice": dict(twice)}
    return json.dumps(whole | {"rooms": by_room}, indent=1)


def main(words: Sequence[str]) -> int:
    """Print the table (or JSON); returns the exit code."""
    parser = argparse.ArgumentParser(description="how dense the source is")
    parser.add_argument("src", nargs="?", type=Path, default=HERE / "src")
    parser.add_argument("--json", action="store_true", help="print everything as JSON")
    parser.add_argument("--tighten", action="store_true", help=f"write {STORED.name} where better")
    choice = parser.parse_args(words)
    rooms, twice = measure(choice.src)
    today = figures(rooms["total"], twice)
    if choice.tighten:
        stored = json.loads(STORED.read_text(encoding="utf-8")) if STORED.exists() else {}
        STORED.write_text(json.dumps(tighten(today, stored), indent=1) + "\n", encoding="utf-8")
    if choice.json:
        print(_as_json(rooms, twice))
        return 0
    print("\n".join(table(rooms)))
    total = rooms["total"]
    names = (f"{name}: {', '.join(where)}" for name, where in twice.items())
    for line in (
        *_listed(f"over {COLUMNS} columns", total.wide_lines),
        *_listed(f"functions over {FUNCTION_LINES} lines", total.long_functions),
        *_listed(f"files over {FILE_LINES} lines", total.long_files),
        *_listed("public class names used twice", names),
    ):
        print(line)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
