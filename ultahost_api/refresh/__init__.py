"""Bring one account's copy of one noun up to date."""
