"""Plug-ins: each file reads one kind of outside thing; they import `model` and libraries, no other
room.
"""
