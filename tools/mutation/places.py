"""Where a fault can be put, and how it reads: one small change of the text of a file.

A mutant changes one comparison, operator, constant, condition, statement or return value. Left out
is what no test could see: annotations, decorators, docstrings and other strings, tolerances
(numbers up to 1e-5), options such as `strict=True` that only guard.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

TOLERANCE = 1e-5
GUARDS = frozenset({"strict", "stacklevel", "copy", "dtype", "indent", "encoding", "ensure_ascii"})

_COMPARISONS: dict[type[ast.cmpop], tuple[str, ...]] = {
    ast.Lt: ("<=", ">="),
    ast.LtE: ("<", ">"),
    ast.Gt: (">=", "<="),
    ast.GtE: (">", "<"),
    ast.Eq: ("!=",),
    ast.NotEq: ("==",),
    ast.Is: ("is not",),
    ast.IsNot: ("is",),
    ast.In: ("not in",),
    ast.NotIn: ("in",),
}
_OPERATORS: dict[type[ast.operator], tuple[str, str]] = {
    ast.Add: ("+", "-"),
    ast.Sub: ("-", "+"),
    ast.Mult: ("*", "/"),
    ast.Div: ("/", "*"),
    ast.FloorDiv: ("//", "*"),
    ast.Mod: ("%", "*"),
    ast.BitAnd: ("&", "|"),
    ast.BitOr: ("|", "&"),
    ast.LShift: ("<<", ">>"),
    ast.RShift: (">>", "<<"),
}


@dataclass(frozen=True)
class Mutant:
    """A fault: in `file`, the bytes `start` to `end` become `text`. `function` is the first line
    of the innermost function around it (0: none, it runs at import); `kind` says what was changed.
    """

    file: str
    line: int
    function: int
    start: int
    end: int
    kind: str
    before: str
    text: str

    def applied(self, source: bytes) -> bytes:
        """Return the file's `source` with the fault in it."""
        return source[: self.start] + self.text.encode() + source[self.end :]


def mutants(file: str, source: bytes) -> list[Mutant]:
    """Return every mutant of a file, in the order of its text."""
    tree = ast.parse(source)
    finder = _Finder(file, source)
    finder.visit(tree)
    return sorted(finder.mutants, key=lambda m: (m.start, m.end, m.text))


class _Finder(ast.NodeVisitor):
    """Collects the mutants of a tree; goes only where code runs."""

    def __init__(self, file: str, source: bytes) -> None:
        self.file = file
        self.source = source
        self.mutants: list[Mutant] = []
        self.function = 0
        # ast counts columns in bytes of the line.
        self.starts = [0]
        for line in source.splitlines(keepends=True):
            self.starts.append(self.starts[-1] + len(line))

    # where no fault can be seen -------------------------------------------------------------

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        outer = self.function
        # A decorator comes first where there is one: this is what a code object calls its line.
        self.function = min([node.lineno, *(d.lineno for d in node.decorator_list)])
        for default in (*node.args.defaults, *node.args.kw_defaults):
            if default is not None:
                self.visit(default)
        for statement in node.body:
            self.visit(statement)
        self.function = outer

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        for statement in node.body:
            self.visit(statement)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.visit(node.value)

    def visit_keyword(self, node: ast.keyword) -> None:
        if node.arg not in GUARDS:
            self.visit(node.value)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        """A text: its wording is no arithmetic."""

    def visit_Assert(self, node: ast.Assert) -> None:
        """A guard for the reader and the type checker."""

    def visit_Raise(self, node: ast.Raise) -> None:
        self._replace(node, "pass", "statement")

    # faults ---------------------------------------------------------------------------------

    def visit_If(self, node: ast.If) -> None:
        if not _never_runs(node.test):
            self._negate(node.test)
            self.generic_visit(node)

    def visit_While(self, node: ast.While) -> None:
        self._negate(node.test)
        self.generic_visit(node)

    def visit_IfExp(self, node: ast.IfExp) -> None:
        self._negate(node.test)
        self.generic_visit(node)

    def visit_Compare(self, node: ast.Compare) -> None:
        left = node.left
        for operator, right in zip(node.ops, node.comparators, strict=True):
            for text in _COMPARISONS[type(operator)]:
                self._between(left, right, None, text, "comparison")
            left = right
        self.generic_visit(node)

    def visit_BinOp(self, node: ast.BinOp) -> None:
        pair = _OPERATORS.get(type(node.op))
        if pair and not (_is_text(node.left) or _is_text(node.right)) and not _is_type(node):
            self._between(node.left, node.right, pair[0], pair[1], "arithmetic")
        self.generic_visit(node)

    def visit_BoolOp(self, node: ast.BoolOp) -> None:
        pair = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
        self._between(node.values[0], node.values[1], *pair, "condition")
        self.generic_visit(node)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> None:
        if isinstance(node.op, ast.USub | ast.Not | ast.Invert):
            kind = "arithmetic" if isinstance(node.op, ast.USub) else "condition"
            self._replace(node, f"({self._text(node.operand)})", kind)
        self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        value = node.value
        if isinstance(value, bool):
            self._replace(node, str(not value), "constant")
        elif isinstance(value, int):
            self._replace(node, str(value + 1), "constant")
        elif isinstance(value, float) and (value == 0.0 or abs(value) > TOLERANCE):
            self._replace(node, repr(2 * value if value else 1.0), "constant")

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        self._replace(node, "pass", "statement")
        pair = _OPERATORS.get(type(node.op))
        if pair:
            self._between(node.target, node.value, f"{pair[0]}=", f"{pair[1]}=", "arithmetic")
        self.generic_visit(node)

    def visit_Assign(self, node: ast.Assign) -> None:
        # A name that is never bound fails at once and says nothing about the tests.
        if all(isinstance(target, ast.Subscript | ast.Attribute) for target in node.targets):
            self._replace(node, "pass", "statement")
        self.generic_visit(node)

    def visit_Expr(self, node: ast.Expr) -> None:
        if isinstance(node.value, ast.Call):
            self._replace(node, "pass", "statement")
        if not _is_text(node.value):
            self.generic_visit(node)

    def visit_Continue(self, node: ast.Continue) -> None:
        self._replace(node, "pass", "statement")

    def visit_Break(self, node: ast.Break) -> None:
        self._replace(node, "pass", "statement")

    def visit_Return(self, node: ast.Return) -> None:
        if node.value is None:
            return
        if not (isinstance(node.value, ast.Constant) and node.value.value is None):
            self._replace(node.value, "None", "return value")
        self.visit(node.value)

    # how it is written ----------------------------------------------------------------------

    def _place(self, line: int, column: int) -> int:
        return self.starts[line - 1] + column

    def _span(self, node: ast.AST) -> tuple[int, int]:
        first = self._place(node.lineno, node.col_offset)  # type: ignore[attr-defined]
        last = self._place(node.end_lineno, node.end_col_offset)  # type: ignore[attr-defined]
        return first, last

    def _text(self, node: ast.AST) -> str:
        start, end = self._span(node)
        return self.source[start:end].decode()

    def _keep(self, start: int, end: int, kind: str, text: str) -> None:
        line = self.source.count(b"\n", 0, start) + 1
        before = self.source[start:end].decode()
        mutant = Mutant(self.file, line, self.function, start, end, kind, before, text)
        self.mutants.append(mutant)

    def _replace(self, node: ast.AST, text: str, kind: str) -> None:
        self._keep(*self._span(node), kind, text)

    def _negate(self, test: ast.expr) -> None:
        # A comparison is negated as such; `not` twice would be the same fault again.
        if not isinstance(test, ast.UnaryOp):
            self._replace(test, f"not ({self._text(test)})", "condition")

    def _between(self, left: ast.AST, right: ast.AST, old: str | None, new: str, kind: str) -> None:
        start = self._span(left)[1]
        end = self._span(right)[0]
        gap = self.source[start:end].decode()
        # Closing brackets of the left side and opening ones of the right stand between, too.
        word = gap.strip(" \n\t()\\") if old is None else old
        at = gap.find(word)
        if at >= 0 and "#" not in gap:
            first = start + len(gap[:at].encode())
            self._keep(first, first + len(word.encode()), kind, new)


def _is_text(node: ast.AST) -> bool:
    text = isinstance(node, ast.Constant) and isinstance(node.value, str)
    return text or isinstance(node, ast.JoinedStr)


def _is_type(node: ast.BinOp) -> bool:
    """Say whether this is a union of types, as in an alias `Name = int | None`."""
    names = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
    nothing = isinstance(node.right, ast.Constant) and node.right.value is None
    return isinstance(node.op, ast.BitOr) and (nothing or bool(names & {"int", "float", "str"}))


def _never_runs(test: ast.expr) -> bool:
    text = ast.unparse(test)
    return text == "TYPE_CHECKING" or text.startswith("__name__")


def shown(mutant: Mutant) -> Iterator[str]:
    """Yield the fault as it is printed: the change, in one line each."""
    for text in (mutant.before, mutant.text):
        line = " ".join(text.split())
        yield line if len(line) <= 60 else f"{line[:57]}…"
