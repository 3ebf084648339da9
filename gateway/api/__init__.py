"""Routes of the JSON interface, one file for each noun."""
