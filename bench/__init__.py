"""Benchmarks: ratios beside named peers, printed, never passed or failed (docs/performance.md)."""
