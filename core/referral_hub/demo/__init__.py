"""A made-up district to try the hub with: no person, organisation or number in it is real (place code 999999)."""
