"""From the specification to arrays: sites, routes, work, traces."""
