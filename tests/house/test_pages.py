"""Pages of the project point at what is there, and only at what belongs to the project."""

import re
import subprocess
from pathlib import Path
from urllib.parse import unquote

import pytest

import density

ROOT = density.HERE
# Plans and notes of those who build it lie elsewhere; a reader of the project cannot open them.
OUTSIDE = re.compile(r"\b(DESIGN|REQUIREMENTS|TRUST|HOUSE|MATHEMATICS|COUNTERPARTS)(\.md| §|\b, )")
PARENT = re.compile(r"\.\./shared|/ \"shared\"")
# The tests' public data have a documented place: CONTRIBUTING says so.
DATA = re.compile(r"SUANDIAN_DATA")
TEXT = (".md", ".py", ".toml", ".json", ".in", ".txt", ".yml", ".j2", "")
LINK = re.compile(r"(?<!!)!?\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^ *(```|~~~).*?^ *\1", re.MULTILINE | re.DOTALL)


def tracked() -> list[Path]:
    command = ["git", "-C", str(ROOT), "ls-files", "-co", "--exclude-standard"]
    names = subprocess.run(command, capture_output=True, text=True).stdout.split()
    paths = [ROOT / name for name in names]
    if not paths:
        # Not a checkout: an unpacked archive.
        folders = ("src", "tests", "tools", "docs")
        paths = [path for folder in folders for path in (ROOT / folder).rglob("*")]
        paths += ROOT.glob("*.md")
    return [path for path in paths if path.is_file() and path.suffix in TEXT]


PAGES = sorted(path for path in tracked() if path.suffix == ".md")


def test_no_text_points_at_a_page_that_is_not_in_the_project() -> None:
    places = []
    for path in tracked():
        if path == Path(__file__):
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        for number, line in enumerate(text.splitlines(), 1):
            elsewhere = PARENT.search(line) and not DATA.search(line)
            if OUTSIDE.search(line) or elsewhere:
                places.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()[:80]}")
    assert not places, "\n".join(places)


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    names: set[str] = set()
    for heading in re.findall(r"^#+ +(.*)$", text, re.MULTILINE):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "")
        name = re.sub(r"[^\w\- ]", "", plain.lower()).replace(" ", "-")
        while name in names:
            name += "-1"
        names.add(name)
    return names


@pytest.mark.parametrize("page", PAGES, ids=[str(page.relative_to(ROOT)) for page in PAGES])
def test_links_lead_somewhere(page: Path) -> None:
    text = re.sub(r"`[^`\n]*`", "", FENCE.sub("", page.read_text(encoding="utf-8")))
    broken = []
    for target in LINK.findall(text):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = unquote(target).partition("#")
        path = (page.parent / name).resolve() if name else page
        there = (path == ROOT or ROOT in path.parents) and path.exists()
        is_page = there and path.suffix == ".md"
        if not there or (anchor and is_page and anchor not in anchors(path)):
            broken.append(target)
    assert not broken


def test_every_page_of_docs_is_in_the_index() -> None:
    index = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    pages = (ROOT / "docs").rglob("*.md")
    names = [path.relative_to(ROOT / "docs").as_posix() for path in pages]
    # Decisions are listed by their folder.
    wanted = [name for name in names if not name.startswith("decisions/") and name != "README.md"]
    assert [name for name in wanted if f"({name})" not in index] == []
    assert "(decisions)" in index


def test_every_file_that_the_map_names_is_there() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    rooms = sorted(path.parent.name for path in (ROOT / "src/suandian").glob("*/__init__.py"))
    named = set(re.findall(r"`((?:\w+/)+(?:\w+\.(?:py|toml|md))?)`", text))
    source = ROOT / "src" / "suandian"
    missing = [n for n in sorted(named) if not ((source / n).exists() or (ROOT / n).exists())]
    assert missing == []
    assert [room for room in rooms if f"`{room}/`" not in text] == []
