"""Columns as canonical bytes: the same arrays always give the same bytes, whatever machine or
library wrote them.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from suandian.model.issues import RecordError

# all whole numbers as 64 bits and little-endian: the default width and byte order are the
# machine's, the bytes must not be
_KINDS = {"i": "<i8", "b": "<i8", "f": "<f8", "u": "<i8"}
# bases of solves and codes of reasons, by the million: an eighth of the bytes
_SMALL = {"int8": "<i1"}


def pack(columns: Mapping[str, NDArray[np.generic]]) -> bytes:
    """Return the columns as bytes: a JSON header line, then each array little-endian, sorted by
    name.

    Examples
    --------
    >>> unpack(pack({"a": np.array([1, 2])}))["a"].tolist()
    [1, 2]
    """
    header = []
    body = []
    # in whatever order the columns were computed
    for name in sorted(columns):
        array = np.asarray(columns[name])
        dtype = _SMALL.get(array.dtype.name, _KINDS.get(array.dtype.kind, ""))
        if not dtype:
            raise TypeError(f"column {name} has type {array.dtype}: only numbers are booked")
        header.append([name, dtype, list(array.shape)])
        body.append(np.ascontiguousarray(array, dtype=dtype).tobytes())
    return json.dumps(header, separators=(",", ":")).encode() + b"\n" + b"".join(body)


def unpack(data: bytes) -> dict[str, NDArray[np.generic]]:
    """Return the columns of `pack`.

    Raises
    ------
    RecordError
        The bytes were not written by `pack`, or are cut.
    """
    head, _, body = data.partition(b"\n")
    columns = {}
    offset = 0
    try:
        for name, dtype, shape in json.loads(head):
            count = int(np.prod(shape, dtype=np.int64))
            array = np.frombuffer(body, dtype=dtype, count=count, offset=offset)
            columns[name] = array.reshape(shape)
            offset += array.nbytes
    except (ValueError, TypeError) as error:
        raise RecordError(f"a ledger detail is damaged: {error}") from error
    # the hash would cover bytes that no column has
    if offset != len(body):
        raise RecordError("a ledger detail has bytes left over")
    return columns


def digest(data: bytes) -> str:
    """Return the sha256 of `data` in hex."""
    return hashlib.sha256(data).hexdigest()


def compressed(data: bytes) -> bytes:
    """Return `data` compressed for storage (the digest is of the plain bytes)."""
    return zlib.compress(data, 1)  # a third of the time of level 6, and a little longer


def expanded(data: bytes, limit: int = 2**30) -> bytes:
    """Return what `compressed` took; refuses more than `limit` bytes.

    Raises
    ------
    RecordError
        The stored bytes are damaged or too large.
    """
    # A few bytes can claim to be gigabytes: a folder from elsewhere must not fill the memory.
    worker = zlib.decompressobj()
    try:
        plain = worker.decompress(data, limit)
    except zlib.error as error:
        raise RecordError(f"a ledger detail cannot be decompressed: {error}") from error
    if worker.unconsumed_tail:
        raise RecordError("a ledger detail is larger than allowed")
    return plain
