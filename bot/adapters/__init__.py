"""Everything that talks to the world outside: each folder implements a port."""
