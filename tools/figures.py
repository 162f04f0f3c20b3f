"""Figures in pages, printed by the commands that stand above them.

`python tools/figures.py README.md docs/tutorial.md` runs the commands of a page in a new folder, in
order, and prints its figures anew; `--check` writes nothing and fails where a figure differs.
Comments in the page say what is what, each before a block between fences or a paragraph:

    <!-- run: COMMAND -->               run it; what it prints is not shown
    <!-- file: PATH -->                 the block that follows is this file
    <!-- shell: NAME -->                the block that follows is run by bash; NAME stands for it
    <!-- printed by: COMMAND -->        lines of the block that follows are lines of its output
    <!-- numbers of: COMMAND -->        numbers with four digits or more in the paragraph are its

Lines of a block stay where they are; each takes the numbers of the next line of the output that
says the same but for its numbers. A line that has no such partner (`…`, or a command after `$`) is
left as it is if it holds no number. On x86-64 figures come out the same to the digit
(docs/decisions/0029); elsewhere the check allows 0.5 %.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent
TOLERANCE = 0.0 if platform.machine() == "x86_64" else 0.005

PYTHON = (sys.executable, "-W", "ignore")

_MARK = re.compile(
    r"<!-- (?P<kind>run|file|shell|printed by|numbers of): (?P<text>[^\n]*?) -->\n(?P<blank>\n?)"
)
_BLOCK = re.compile(r"```[a-z]*\n(?P<body>.*?)```\n", re.DOTALL)
_NUMBER = re.compile(r"[−+-]?\d[\d,]*(?:\.\d+)?|(?<= )–(?= |$)")


@dataclass(frozen=True)
class Mark:
    """A comment of a page: its `kind`, its `text`, and the span of the text that it speaks of."""

    kind: str
    text: str
    start: int
    end: int


def marks(page: str) -> Iterator[Mark]:
    """Yield the marks of a page in order."""
    for match in _MARK.finditer(page):
        block = _BLOCK.match(page, match.end())
        if match["kind"] == "numbers of":
            end = page.find("\n\n", match.end())
            yield Mark(match["kind"], match["text"], match.end(), end if end >= 0 else len(page))
        elif block and match["kind"] != "run":
            yield Mark(match["kind"], match["text"], block.start("body"), block.end("body"))
        else:
            yield Mark(match["kind"], match["text"], match.end(), match.end())


def number(text: str) -> float | None:
    """Return the value of a number as pages write it, None for the dash of a missing one.

    Examples
    --------
    >>> number("−1,234.5"), number("–")
    (-1234.5, None)
    """
    if text == "–":
        return None
    return float(text.replace(",", "").replace("−", "-"))


def shape(line: str) -> str:
    """Return what a line says but for its numbers and the width of its columns.

    Examples
    --------
    >>> shape("│ jobs_late  │   0 │ jobs │")
    'jobs_late # jobs'
    """
    words = _NUMBER.sub("#", re.sub("[│┃]", " ", line)).split()
    return " ".join(words)


def reprinted(body: str, output: str) -> tuple[str, list[str]]:
    """Return a block with the lines of `output` in place of its own, and what has no partner."""
    printed = output.splitlines()
    at = 0
    lines: list[str] = []
    lost: list[str] = []
    for line in body.splitlines():
        partner = next(
            (i for i in range(at, len(printed)) if shape(printed[i]) == shape(line)), None
        )
        if not line.strip() or line.startswith("$") or line.strip() == "…":
            lines.append(line)
        elif partner is None:
            lines.append(line)
            lost.append(line)
        else:
            lines.append(printed[partner].rstrip())
            at = partner + 1
    return "".join(f"{line}\n" for line in lines), lost


def differing(old: str, new: str) -> list[str]:
    """Return the lines of `old` whose numbers are not those of `new`, within the tolerance."""
    lines = []
    for before, after in zip(old.splitlines(), new.splitlines(), strict=True):
        pairs = zip(_NUMBER.findall(before), _NUMBER.findall(after), strict=True)
        if not all(_alike(number(a), number(b)) for a, b in pairs):
            lines.append(f"{before.strip()}  ≠  {after.strip()}")
    return lines


def _alike(a: float | None, b: float | None) -> bool:
    if a is None or b is None:
        return a is b
    return abs(a - b) <= TOLERANCE * max(abs(a), abs(b))


def missing(paragraph: str, output: str) -> list[str]:
    """Return the numbers of a paragraph, of four digits or more, that the output does not have."""
    plain = re.sub(r"`[^`]*`", "", paragraph)
    there = [number(text) for text in _NUMBER.findall(output)]
    numbers = [n for n in _NUMBER.findall(plain) if sum(c.isdigit() for c in n) >= 4]
    return [n for n in numbers if not any(_same_digits(n, value) for value in there)]


def _same_digits(text: str, value: float | None) -> bool:
    """Say whether `value`, rounded as `text` is, reads like it; the sign is in the words."""
    wanted = number(text)
    if wanted is None or value is None:
        return False
    decimals = len(text.partition(".")[2])
    return abs(round(abs(value), decimals) - abs(wanted)) <= TOLERANCE * abs(wanted) + 1e-9


class Shell:
    """Runs commands of pages in one folder, each once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.outputs: dict[str, str] = {}

    def output(self, command: str) -> str:
        """Return what `command` prints, run at its first mention.

        Raises
        ------
        SystemExit
            If it fails; `check` may (exit code 2: it lists issues).
        """
        if command not in self.outputs:
            words = shlex.split(os.path.expandvars(command))
            if words[0] == "suandian":
                words[:1] = [*PYTHON, "-m", "suandian"]
            elif words[0] == "python":
                words[:1] = PYTHON
            self.outputs[command] = self._run(words, (0, 2))
        return self.outputs[command]

    def script(self, name: str, text: str) -> None:
        """Run a block of a page by bash; its output is that of `name`. A check may fail in it."""
        python = shlex.join(PYTHON)
        words = f'suandian() {{ {python} -m suandian "$@"; }}\npython() {{ {python} "$@"; }}\n'
        self.outputs[name] = self._run(["bash", "-c", words + text], (0, 1))

    def _run(self, words: Sequence[str], fine: tuple[int, ...]) -> str:
        surroundings = os.environ | {"COLUMNS": "160", "NO_COLOR": "1"}
        process = subprocess.run(
            words, cwd=self.folder, env=surroundings, capture_output=True, text=True
        )
        if process.returncode not in fine:
            raise SystemExit(f"{shlex.join(words)}: {process.returncode}\n{process.stderr}")
        return process.stdout + process.stderr


def reprint(page: str, shell: Shell) -> tuple[str, list[str]]:
    """Return the page with its figures printed anew, and a line for whatever is not as it was."""
    pieces: list[str] = []
    issues: list[str] = []
    done = 0
    for mark in marks(page):
        body = page[mark.start : mark.end]
        if mark.kind == "file":
            path = shell.folder / mark.text
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(body, encoding="utf-8")
            continue
        if mark.kind == "shell":
            shell.script(mark.text, body)
            continue
        output = shell.output(mark.text)
        if mark.kind == "printed by":
            new, lost = reprinted(body, output)
            pieces += [page[done : mark.start], new]
            done = mark.end
            issues += [f"{mark.text}: does not print: {line}" for line in lost]
            issues += [f"{mark.text}: {line}" for line in differing(body, new)]
        elif mark.kind == "numbers of":
            issues += [f"{mark.text}: has no {n}" for n in missing(body, output)]
    return "".join([*pieces, page[done:]]), issues


def main(words: Sequence[str]) -> int:
    """Reprint (or check) pages; returns the exit code."""
    parser = argparse.ArgumentParser(description="print the figures of pages anew")
    parser.add_argument("pages", nargs="+", type=Path)
    parser.add_argument("--check", action="store_true", help="write nothing")
    choice = parser.parse_args(words)
    failed = False
    for path in choice.pages:
        text = path.read_text(encoding="utf-8")
        with tempfile.TemporaryDirectory() as folder:
            new, issues = reprint(text, Shell(Path(folder)))
        print("\n".join(f"{path}: {issue}" for issue in issues))
        failed = failed or bool(issues)
        if not choice.check:
            path.write_text(new, encoding="utf-8")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
