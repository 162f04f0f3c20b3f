"""Compile a window into one Problem: the blocks of the list, in its order."""

from __future__ import annotations

import numpy as np

from suandian.maths.block import Block, Draft
from suandian.maths.blocks import (
    carbon,
    commitment,
    deferrable,
    direct_supply,
    dump,
    generation,
    network,
    prospect,
    reserve,
    restart,
    security,
    service,
    site,
    storage,
    tariff,
    transfer,
)
from suandian.maths.prepared import Prepared
from suandian.maths.result import Compiled
from suandian.maths.window import Window
from suandian.model.grid import Ints

# one list for the docs and for the machine: it is executed from top to bottom, and a test holds
# that every block stands below those that it needs
Blocks = tuple[Block, ...]
BLOCKS: Blocks = (
    generation.BLOCK,
    dump.BLOCK,
    commitment.BLOCK,
    storage.BLOCK,
    site.BLOCK,
    tariff.BLOCK,
    service.BLOCK,
    deferrable.BLOCK,
    transfer.BLOCK,
    restart.BLOCK,
    network.BALANCE,
    network.BLOCK,
    security.BLOCK,
    carbon.BLOCK,
    reserve.BLOCK,
    prospect.BLOCK,
    direct_supply.BLOCK,
)


def compile_window(
    prepared: Prepared, window: Window, monitored: Ints | None = None, blocks: Blocks = BLOCKS
) -> Compiled:
    """Compile the blocks that are part of this window; `monitored` limits of flows have rows.

    Raises
    ------
    MissingFamilyError
        A block uses columns or rows that no block above it has given.
    """
    draft = Draft(prepared, window, monitored=monitored)
    for block in blocks:
        if block.add is not None and block.when(draft):
            block.add(draft)
    limits = np.zeros(0, np.int64) if monitored is None else monitored
    return Compiled(
        prepared,
        window,
        draft.builder.build(),
        tuple(draft.injections),
        limits,
    )
