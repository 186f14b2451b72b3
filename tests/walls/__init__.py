"""The walls of the product from outside: who may do what, and what a hostile input cannot do."""
