"""What a scenario may say: typed models of its tables."""
