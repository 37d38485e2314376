"""What was measured, as a table, as JSON and as plots."""
