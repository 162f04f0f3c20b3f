"""The public surface is pinned; docs/api.md and the guides of docs/extend are made, not written."""

from pathlib import Path

import pytest

import suandian
from suandian import api
from suandian.api import document, scaffold
from suandian.reading import registry

ROOT = Path(__file__).parents[2]
MADE = "run: python -m suandian.api.document docs"


def test_the_surface_is_the_pinned_one():
    # a change here changes what notebooks and servers of others call: it belongs into CHANGELOG
    pinned = (Path(__file__).parent / "surface.txt").read_text()
    assert document.surface() == pinned, (
        "run: python -m suandian.api.document --surface > tests/api/surface.txt"
    )


def test_the_page_is_made_from_the_docstrings():
    assert (ROOT / "docs" / "api.md").read_text() == document.page(), MADE


@pytest.mark.parametrize("page", sorted((ROOT / "docs" / "extend").glob("*.md")), ids=str)
def test_guides_show_the_scaffolds(page):
    text = page.read_text()
    assert document.with_scaffolds(text) == text, MADE
    if page.stem in registry.KINDS:
        assert text.count("<!-- scaffold:") == 3


def test_every_kind_with_a_scaffold_has_a_guide_and_the_other_way_round():
    guides = {page.stem for page in (ROOT / "docs" / "extend").glob("*.md")} - {"README"}
    assert guides == set(scaffold.kinds()) == set(registry.KINDS) - {"solver"}


def test_everything_public_is_described():
    for name in api.SURFACE:
        assert getattr(api, name).__doc__, name


def test_short_names_are_the_same_functions_and_no_rooms():
    rooms = {path.parent.name for path in (ROOT / "src" / "suandian").glob("*/__init__.py")}
    for name in suandian.__all__:
        assert getattr(suandian, name) is getattr(api, name)
        assert name not in rooms


def test_what_is_not_public_is_no_attribute():
    with pytest.raises(AttributeError, match="no attribute 'magic'"):
        _ = suandian.magic
    with pytest.raises(AttributeError, match="no attribute 'magic'"):
        _ = api.magic
