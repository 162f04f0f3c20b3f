"""Results for people: figures of merit, comparisons, plots and one self-contained page per run."""
