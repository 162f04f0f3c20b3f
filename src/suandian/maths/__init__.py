"""The mathematics in blocks: each adds columns, rows and costs to one Problem, vectorised over
time.
"""
