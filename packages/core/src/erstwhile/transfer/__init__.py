"""What comes in from elsewhere: conversations in files."""

from erstwhile.transfer.conversations import Conversation, Correction, Marked, Question, Session, Spoken
from erstwhile.transfer.reading import read_conversations

__all__ = ["Conversation", "Correction", "Marked", "Question", "Session", "Spoken", "read_conversations"]
