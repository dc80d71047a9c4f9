"""The live figures of the course, one module a notebook, named after it."""
