"""From text to values: TOML, quantities, times, paths, suggestions."""
