"""What comes in from elsewhere: conversations in files, and what other systems wrote."""

from erstwhile.transfer.bringing import Brought, read_export
from erstwhile.transfer.conversations import Conversation, Correction, Marked, Question, Session, Spoken
from erstwhile.transfer.reading import read_conversations

__all__ = ["Brought", "Conversation", "Correction", "Marked", "Question", "Session", "Spoken", "read_conversations", "read_export"]
