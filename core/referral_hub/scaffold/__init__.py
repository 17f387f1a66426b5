"""The beginning of a module: files that pass the author's kit before a line of them is changed."""
