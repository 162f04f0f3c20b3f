"""What a policy of another package may build on; its names are kept.

A policy that says where and when work runs, and leaves power to the house, is a function:

    def place(view: View, outlook: Outlook) -> Computing

`PlacingPolicy` makes a policy of it: power is dispatched for that computing on the forecast, as for
`asap`, which gives the plan its output, stores and prices. One that needs nothing of this fills in
`Plan.blank` itself, with `suandian.model` alone.

Examples
--------
All jobs at home at night, as a plug-in (entry point `night = "my_package:KIND"`):

>>> from suandian.model.ports import PolicyKind
>>> def place(view, outlook):
...     hour = outlook.axis.edges_s[:-1] // 3600 % 24
...     return asap_computing(view.known, outlook, open_steps=(hour >= 22) | (hour < 6))
>>> KIND = PolicyKind(
...     "night",
...     "running jobs at home at night",
...     lambda known, _: PlacingPolicy("night", known, place),
... )
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from suandian.maths.prepared import Prepared
from suandian.model.known import Known
from suandian.model.notebook import Notebook
from suandian.model.plan import Plan
from suandian.model.view import View
from suandian.policy.computing import Computing, asap_computing, computing_of
from suandian.policy.desk import Desk
from suandian.policy.outlook import Outlook, expected

__all__ = [
    "Computing",
    "Desk",
    "Outlook",
    "PlacingPolicy",
    "Prepared",
    "asap_computing",
    "computing_of",
    "expected",
]

Place = Callable[[View, Outlook], Computing]


@dataclass(frozen=True, eq=False)
class PlacingPolicy:
    """A policy by where and when work runs: `place` says it, power is dispatched for it.

    `known` is what its kind is made from: horizon and interval are the scenario's.
    """

    name: str
    known: Known
    place: Place

    @property
    def replan_h(self) -> float:
        """Hours between decisions."""
        return self.known.policy.replan_h

    @cached_property
    def _prepared(self) -> Prepared:
        return Prepared.of(self.known)

    def decide(self, view: View, notebook: Notebook) -> tuple[Plan, Notebook]:
        """Return the plan: the computing that was said, and the dispatch for it."""
        desk = Desk.opened(view, notebook, self._prepared, self.known.policy.horizon_h)
        computing = self.place(view, desk.outlook)
        dispatch = desk.solve("dispatch", computing.fixed(desk.window))
        return desk.plan(self.name, computing, dispatch), desk.noted(dispatch)
