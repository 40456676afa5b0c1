"""How the processes talk: a memory-mapped file, JSON sockets, a lifeline to the supervisor."""
