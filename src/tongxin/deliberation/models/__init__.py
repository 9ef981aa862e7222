"""What people say and agree on together, for any instrument: comments, statements and votes, meetings."""

from tongxin.deliberation.models.conversation import Conversation, MapSnapshot, Participant, Statement, Vote
from tongxin.deliberation.models.meeting import (
    AgendaItem,
    Attendance,
    Comment,
    Meeting,
    ParticipantRole,
    Question,
    SignUp,
    Turn,
    View,
)
from tongxin.deliberation.models.room import QuestionSupport, RoomBallot, RoomVote

__all__ = [
    "AgendaItem",
    "Attendance",
    "Comment",
    "Conversation",
    "MapSnapshot",
    "Meeting",
    "Participant",
    "ParticipantRole",
    "Question",
    "QuestionSupport",
    "RoomBallot",
    "RoomVote",
    "SignUp",
    "Statement",
    "Turn",
    "View",
    "Vote",
]
