"""The loop: plan, book, execute, book; the Twin that stands for the world; run folders as they are
written.
"""
