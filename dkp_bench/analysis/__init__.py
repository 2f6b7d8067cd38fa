"""What may stand beside what, and what the difference between them is worth."""
