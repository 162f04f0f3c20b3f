"""Random small studies against a second program, and against themselves.

`python -m suandian.testing.fuzz --n 150 --seed 1` draws scenarios over all features, computes the
bound of each by a linear program that shares nothing with the house (`reference`), runs each policy
and asks: is the bound that optimum, and below every run; does every run verify; does a change that
means nothing change nothing.
"""
