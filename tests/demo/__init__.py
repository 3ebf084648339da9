"""Tests of the demo year."""
