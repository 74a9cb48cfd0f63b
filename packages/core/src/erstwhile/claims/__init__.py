"""What a text says: from text to claims, cues and mood, where it can be told."""
