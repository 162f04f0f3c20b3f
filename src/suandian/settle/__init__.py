"""Tariffs and statements: what each party owes and is owed, from booked energy and prices."""
