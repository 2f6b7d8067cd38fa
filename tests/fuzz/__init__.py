"""A mutation fuzzer for everything that reads a file: ``nox -s fuzz``; CONTRIBUTING.md says how it is used."""
