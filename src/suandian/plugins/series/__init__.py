"""Plug-ins of kind `series`: one file each."""
