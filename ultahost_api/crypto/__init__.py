"""Sealing and digests, and the columns that hold what is sealed."""
