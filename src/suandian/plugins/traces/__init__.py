"""Plug-ins of kind `traces`: one file each."""
