"""What screens are made of: lines, tables, panes. They are given rows and lines, and know nothing of the fleet."""
