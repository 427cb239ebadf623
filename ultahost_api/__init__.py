"""Ultahost for Django projects: a client, cached rows, sealed keys, and refreshes within the rate limit."""
