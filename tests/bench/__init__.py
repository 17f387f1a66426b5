"""`make bench`: how fast the hub is beside what its database can do at best, in one run on one machine."""
