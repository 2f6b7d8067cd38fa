"""The method that ``dkp-bench new-method`` copies; nothing else uses it."""
