"""suandian: computing-electricity synergy (算电协同) in one model."""
