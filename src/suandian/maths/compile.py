"""Compile a window into one Problem: the blocks, in the order in which they need each other."""

from __future__ import annotations

import numpy as np

from suandian.maths.block import Draft
from suandian.maths.blocks import (
    carbon,
    commitment,
    deferrable,
    direct_supply,
    generation,
    network,
    reserve,
    restart,
    security,
    service,
    site,
    storage,
    transfer,
)
from suandian.maths.prepared import Prepared
from suandian.maths.result import Compiled
from suandian.maths.window import Window
from suandian.model.grid import Ints

BLOCKS = (
    network.BALANCE,
    network.BLOCK,
    security.BLOCK,
    generation.BLOCK,
    commitment.BLOCK,
    storage.BLOCK,
    site.BLOCK,
    service.BLOCK,
    deferrable.BLOCK,
    transfer.BLOCK,
    restart.BLOCK,
    carbon.BLOCK,
    reserve.BLOCK,
    direct_supply.BLOCK,
)


def compile_window(prepared: Prepared, window: Window, monitored: Ints | None = None) -> Compiled:
    """Compile: all blocks, or the computing side alone where the window carries prices."""
    draft = Draft(prepared, window, monitored=monitored)
    if window.price is None:
        generation.add(draft)
        commitment.add(draft)
    storage.add(draft) if window.price is None else None
    site.add(draft)
    if window.work_mw is None:
        service.add(draft)
        deferrable.add(draft)
        transfer.add(draft)
        restart.add(draft)
    if window.price is None:
        network.add(draft)
        security.add(draft)
        carbon.add(draft)
        reserve.add(draft)
        direct_supply.add(draft)
    chosen = np.zeros(0, np.int64) if monitored is None else monitored
    return Compiled(prepared, window, draft.builder.build(), tuple(draft.injections), chosen)
