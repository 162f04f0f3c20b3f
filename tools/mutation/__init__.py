"""Mutation testing: small faults are put into the source; a test should fail for each."""
