"""Studies: a question, the runs that answer it, and what they say of the hypotheses; each is a file."""
