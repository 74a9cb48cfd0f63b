"""What a text says: from text to claims, words of change and mood, where it can be told."""
