"""The rules of the loop, pure: no database, no clock, nothing that changes. What is decided here is data.

`table` has the states and who may lead from one to another; `decide` says what follows from an event; the hub writes
that to PostgreSQL (`referrals.apply_effects`) and the author's kit to memory (`testing.simulated`).
"""
