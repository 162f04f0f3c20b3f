"""The seal of a finished run: what its files and its record hold, as the last entry of its ledger.

Files that follow from the books could be changed without the chain's breaking: the seal chains
their hashes, and those of what run.json says, to the books. Whoever keeps the hash of the seal
elsewhere holds all of the folder by it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

BOOK = "seal"
FILE = "file:"
KEY = "key:"
# what tells of the machine and the moment, and what the seal itself is told by
UNSEALED = ("ledger_head", "seal", "files", "state", "source", "packages", "python")


def contents(files: Mapping[str, str], record: Mapping[str, Any]) -> dict[str, str]:
    """Return what is sealed: `file:NAME` and `key:NAME`, each with a sha256.

    Examples
    --------
    >>> sorted(contents({"kpis.json": "ab"}, {"policy": "asap", "state": "done"}))
    ['file:kpis.json', 'key:policy']
    """
    sealed = {f"{FILE}{name}": sha for name, sha in files.items()}
    for name, value in record.items():
        if name not in UNSEALED:
            sealed[f"{KEY}{name}"] = _digest(_timeless(value))
    return dict(sorted(sealed.items()))


def _timeless(value: Any) -> Any:
    """Return a value without the times that solves took: they differ from run to run."""
    if isinstance(value, Mapping):
        return {str(k): _timeless(v) for k, v in value.items() if k != "cpu_s"}
    if isinstance(value, list | tuple):
        return [_timeless(each) for each in value]
    return value


def _digest(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
