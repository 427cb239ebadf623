"""What the team does to its own things: each act is one transaction with its entries in the audit log."""
