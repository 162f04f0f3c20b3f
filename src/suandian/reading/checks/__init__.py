"""What is wrong with a scenario, all of it at once."""
