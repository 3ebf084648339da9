"""The peers that the benchmarks stand beside, each in the form that its own documentation shows."""
