"""Array-only optimisation problems, the solver port's adapters and the independent certificate."""
