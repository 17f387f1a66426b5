"""The two commands of the README on many kinds of machine: `make install-matrix`."""
