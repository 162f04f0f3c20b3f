"""Tests of `run`; `run.scenes` is shared with other rooms' tests."""
