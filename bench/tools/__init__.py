"""What the benchmarks are made of: load, peers, figures."""
