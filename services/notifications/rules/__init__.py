"""Pure rules of notifications: what a notice is, when it may leave, whom it must not reach."""
