"""The committed page is the one the blocks give."""

from pathlib import Path

from suandian.maths.document import document


def test_docs_mathematics_is_up_to_date() -> None:
    page = Path(__file__).parents[2] / "docs" / "mathematics.md"
    assert page.read_text(encoding="utf-8") == document(), (
        "run: python -m suandian.maths.document > docs/mathematics.md"
    )
