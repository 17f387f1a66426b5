"""A mistaken step is taken back within a day, by whoever did it or a supervisor, as long as nothing of it has left."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from referral_hub.codes.states import REFERRAL_CONCLUDED, REFERRAL_UNANSWERED
from referral_hub.i18n import Label
from referral_hub.workflow.effects import Reservation
from referral_hub.workflow.errors import AlreadyLeft, NothingToUndo, UndoNotYours, UndoTooLate
from referral_hub.workflow.events import Undo
from referral_hub.workflow.place_step import has_place
from referral_hub.workflow.plan import Plan
from referral_hub.workflow.reopening import back_from_end, check_goes_on, give_place_back
from referral_hub.workflow.state import Earlier
from referral_hub.workflow.table import UNDO_HOURS, Party
from referral_hub.workflow.tasks import OFFERING_KINDS

UNDOABLE = frozenset({"accept", "waitlist", "decline", "start", "stage", "hold", "resume", "complete", "discontinue"})
"""Acts that can be taken back. What an office ends is reopened instead; what a client ends stays ended."""


def undoable(earlier: Earlier, *, parties: Collection[Party], by_id: UUID | None, now: datetime) -> bool:
    """Whether the last act may be taken back by this account, as far as the referral itself tells."""
    if earlier.act not in UNDOABLE or earlier.by_id is None or not _recent(earlier, now):
        return False
    return earlier.by_id == by_id or "supervisor" in parties


def undo(plan: Plan, event: Undo) -> None:
    """The referral stands where it stood before its last act. What the act recorded is cancelled by second entries, its
    outcome stands no more, the place is as it was.
    """
    earlier = plan.state.earlier
    if earlier is None or earlier.act not in UNDOABLE:
        raise NothingToUndo
    if not _recent(earlier, plan.now):
        raise UndoTooLate(hours=UNDO_HOURS)
    if plan.by_id != earlier.by_id and "supervisor" not in plan.parties:
        raise UndoNotYours
    left = what_left(earlier, event)
    if left is not None:
        raise AlreadyLeft(what=left)
    ended = plan.state.state in REFERRAL_CONCLUDED | {"declined"}
    if ended:
        check_goes_on(plan, event)
    was = earlier.standing
    plan.move("undo", met=["lately"], back_to=was.state, details={"act": earlier.act}, earlier=None)
    # What was offered is offered in turn again: the place may be someone else's by now.
    plan.set(**(msgspec.structs.asdict(was) | {"offer_until": None}), readable=plan.state.readable or ended)
    plan.write(undone=earlier.at)
    if ended:
        back_from_end(plan, how="撤销")
        plan.complete_tasks(OFFERING_KINDS, how="撤销")
    if ended or (has_place(plan.state, plan.service) and not has_place(plan.before, plan.service)):
        give_place_back(plan)
    elif earlier.act in ("accept", "waitlist"):
        _hold_again(plan, earlier)


def what_left(earlier: Earlier, event: Undo) -> Label | None:
    """What of the act is outside the hub's hands, so that taking it back would be untrue; None where nothing is."""
    if event.told:
        return Label(
            zh="对方的系统已被要求删除资料。请督导重新打开。",
            en="the recipient's system has been asked to erase the data. Ask a supervisor to reopen the referral.",
        )
    if earlier.by_id is None or (earlier.by_form and event.outside):
        return Label(
            zh="内容已在机构自己的系统里，请在那里更正。",
            en="it is in the organisation's own system. Correct it there.",
        )
    if event.aid:
        return Label(
            zh="已记入救助台账，请在台账里更正。",
            en="it is entered in the assistance ledger. Correct it there.",
        )
    if earlier.flagged:
        return Label(
            zh="已向社工发出紧急提示，请直接联系社工说明。",
            en="an urgent flag was sent to the worker. Contact the worker directly.",
        )
    if event.released:
        return Label(
            zh="这项需求之后又提供了信息或另发了转介。",
            en="information has since been released, or the need was referred elsewhere.",
        )
    return None


def _recent(earlier: Earlier, now: datetime) -> bool:
    return now - earlier.at <= timedelta(hours=UNDO_HOURS)


def _hold_again(plan: Plan, earlier: Earlier) -> None:
    """The place that the answer took or gave up is held until the answer is due, as the send held it."""
    if plan.service is None or plan.service.capacity != "places":
        return
    due = plan.state.answer_due_at
    waits = plan.state.state in REFERRAL_UNANSWERED and due is not None and due > plan.now
    if earlier.act == "waitlist" and waits:
        plan.write(reservation=Reservation(action="hold", until=due))
    elif earlier.act == "accept":
        plan.write(reservation=Reservation(action="unconfirm" if waits else "release", until=due if waits else None))
