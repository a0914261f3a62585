"""Campaigns: one message to many people, planned into batches whose ledger survives everything but the database."""
