"""Other memories beside ours: the same conversations, the same questions, the same machine, each in an environment of its own."""
