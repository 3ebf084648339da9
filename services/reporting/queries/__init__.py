"""The read side of the figures: one module per row family, selects over the facts, no writes.

Each measured code has a `Figure` (base.py): its numbers, the figures beside it and the rows that
prove it come from the same conditions, so that a figure and its evidence cannot disagree.
"""
