"""First floor: how any service runs. No domain noun may enter here (a test greps)."""
