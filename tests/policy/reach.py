"""Everything that can be reached from an object: by attributes, slots, containers, array bases,
closures, bound methods, cached properties, and the objects that its properties return.
"""

import gc
import types
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

# code is shared by all; what hangs on it (globals, modules, classes) is not given to anybody
_LEFT_OUT = (type, types.ModuleType, types.BuiltinFunctionType, types.CodeType, property)
_PLAIN = (str, bytes, int, float, complex, bool, np.generic, type(None), type(...), range)


def reached(root: object, path: str = "view") -> Iterator[tuple[str, Any]]:
    """Yield (path, object) for each object that can be reached from `root`, each once."""
    seen: dict[int, Any] = {}
    queue = [(path, root)]
    while queue:
        where, thing = queue.pop()
        if id(thing) in seen or isinstance(thing, _LEFT_OUT):
            continue
        seen[id(thing)] = thing  # kept alive, so that no other object gets its id
        yield where, thing
        if not isinstance(thing, _PLAIN):
            queue += _next(where, thing)


def _next(where: str, thing: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(thing, np.ndarray):
        yield f"{where}.base", thing.base
        if thing.dtype == object:
            yield from _items(where, thing.ravel().tolist())
        return
    if isinstance(thing, types.FunctionType):
        for cell in thing.__closure__ or ():
            yield f"{where} closure", cell.cell_contents
        yield f"{where} defaults", (thing.__defaults__, thing.__kwdefaults__)
        return
    yield from _items(where, thing)
    # what the interpreter itself says that an object refers to: __dict__, slots, weak containers
    yield from ((f"{where}~", item) for item in gc.get_referents(thing))
    # and what its attributes give when asked: properties, cached properties, bound methods; those
    # of numpy and scipy give new views of themselves for ever (`.T`), and hold nothing else
    if type(thing).__module__.split(".")[0] not in ("numpy", "scipy", "builtins"):
        yield from _attributes(where, thing)


def _items(where: str, thing: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(thing, Mapping):
        for key, value in thing.items():
            yield f"{where}[{key!r}]", value
            yield f"{where} key", key
    elif isinstance(thing, list | tuple | set | frozenset):
        yield from ((f"{where}[{i}]", item) for i, item in enumerate(thing))
    elif isinstance(thing, types.MethodType):
        yield f"{where}.__self__", thing.__self__
        yield f"{where}.__func__", thing.__func__


def _attributes(where: str, thing: Any) -> Iterator[tuple[str, Any]]:
    for name in dir(thing):
        if name.startswith("__"):
            continue
        try:
            yield f"{where}.{name}", getattr(thing, name)
        except Exception:  # noqa: BLE001 - an attribute that raises gives nothing away
            continue
