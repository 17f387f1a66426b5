"""Places written down: beds, seats of a class, slots; and one taken out of service."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import insert, text
from sqlmodel import col, select

from referral_hub.actor import Actor
from referral_hub.calendar.clock import local_date
from referral_hub.calendar.periods import check_period
from referral_hub.codes import SEX
from referral_hub.directory.actions.common import (
    check_neutral,
    complete_offering_tasks,
    lock_offering,
    record_change,
)
from referral_hub.directory.errors import PlaceInUse
from referral_hub.errors import Conflict, Invalid, NotFound
from referral_hub.hub import Transaction
from referral_hub.i18n import Label
from referral_hub.ids import new_id
from referral_hub.tables.directory import Place
from referral_hub.text_limits import MAX_GROUP_LABEL, MAX_PLACE_LABEL, need_line, read_line

_MAX_AT_ONCE = 500
_IN_USE = text(
    "SELECT 1 FROM hub_place_use(ARRAY[CAST(:offering AS uuid)], :on, :at)"
    " WHERE place_number = :number AND state <> 'free'"
)


def add_places(
    session: Transaction,
    *,
    offering_id: UUID,
    labels: Sequence[str],
    group_label: str = "",
    sex: str | None = None,
    starts_on: date | None = None,
    ends_on: date | None = None,
    attributes: dict[str, object] | None = None,
    by: Actor,
    at: datetime,
) -> list[int]:
    """Write down places and return their numbers: `labels` tell them apart within their group.

    Seats of a class share a group with the class's days. Raises `Conflict` for a label that is there already.
    """
    offering = lock_offering(session, offering_id, by=by)
    group = check_neutral(read_line(group_label, "group_label", maximum=MAX_GROUP_LABEL), "group_label") or ""
    names = [need_line(label, "labels", maximum=MAX_PLACE_LABEL) for label in labels]
    if not names or len(names) > _MAX_AT_ONCE:
        raise Invalid(
            field="labels", message=Label(zh="一次可以添加1至500个名额。", en="Add 1 to 500 places at a time.")
        )
    if sex is not None and sex not in SEX:
        raise Invalid(field="sex", message=Label(zh="请从列表中选择性别。", en="Choose the sex from the list."))
    check_period(starts_on, ends_on, "ends_on", today=local_date(at))
    taken = session.exec(
        select(Place.label).where(
            col(Place.offering_id) == offering.id, col(Place.group_label) == group, col(Place.label).in_(names)
        )
    ).first()
    if taken is not None or len(set(names)) < len(names):
        raise Conflict(field="labels")
    numbers = session.execute(
        insert(Place).returning(col(Place.number)),
        [
            {
                "id": new_id(),
                "created_at": at,
                "offering_id": offering.id,
                "label": name,
                "group_label": group,
                "sex": sex,
                "attributes": attributes or {},
                "starts_on": starts_on,
                "ends_on": ends_on,
                "out_of_service": False,
            }
            for name in names
        ],
    ).scalars()
    offering.capacity_confirmed_at = at
    session.add(offering)
    session.flush()
    record_change(session, offering, by=by, at=at, what="places")
    done = Label(zh="名额已更新", en="The places were updated")
    complete_offering_tasks(session, offering.id, "confirm_capacity", how=done, by=by, at=at)
    return sorted(int(number) for number in numbers if number is not None)


def set_out_of_service(
    session: Transaction, *, place_number: int, out: bool, reason: str | None = None, by: Actor, at: datetime, on: date
) -> None:
    """Take a place out of service from `on`, or bring it back. Raises `PlaceInUse` while someone has it."""
    place = session.exec(select(Place).where(col(Place.number) == place_number).with_for_update()).one_or_none()
    if place is None:
        raise NotFound
    offering = lock_offering(session, place.offering_id, by=by)
    if (
        out
        and session.execute(
            _IN_USE, {"offering": place.offering_id, "on": on, "at": at, "number": place_number}
        ).first()
    ):
        raise PlaceInUse
    place.out_of_service = out
    session.add(place)
    session.flush()
    record_change(session, place, by=by, at=at, what="out_of_service" if out else "in_service", reason=reason)
    done = Label(zh="名额已更新", en="The places were updated")
    complete_offering_tasks(session, offering.id, "confirm_capacity", how=done, by=by, at=at)
