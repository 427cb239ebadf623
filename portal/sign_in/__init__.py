"""Signing in: where the portal differs from allauth."""
