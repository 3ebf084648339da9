"""Pure rules of the client base: no session, clock or environment; table-tested."""
