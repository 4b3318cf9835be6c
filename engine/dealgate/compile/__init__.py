"""Conditions → answers: the reference walker, which is the meaning, and the compilers that must agree with it."""
