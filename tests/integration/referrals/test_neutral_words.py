"""What a worker types is looked through before it leaves: a partner never reads of treatment or supervision (R20)."""

from __future__ import annotations

from uuid import UUID

import pytest
from tests.factories import CaseMade
from tests.loop import DETAILS, TRAINING, Loop

from referral_hub.cases.actions import change_profile
from referral_hub.referrals.actions import draft_referral
from referral_hub.workflow.errors import WordsNotNeutral


def drafted(loop: Loop, case: CaseMade, **details: str) -> UUID:
    offering_id = loop.offering()
    loop.consent(case, offering_id)
    with loop.hub.transaction(case.worker) as session:
        return draft_referral(
            session,
            need_id=case.need_id,
            offering_id=offering_id,
            details={**DETAILS, **details, "intake": {"wanted_help": ["training"]}},
            by=case.worker,
            at=loop.at,
        ).id


@pytest.mark.parametrize("words", ["戒毒期满，想找工作", "社区帮教对象", "A former drug user"])
def test_request_details_that_name_treatment_are_not_drafted(loop: Loop, words: str) -> None:
    with pytest.raises(WordsNotNeutral) as refused:
        drafted(loop, loop.case(), need_summary=words)
    assert refused.value.field == "need_summary"
    assert loop.one("SELECT count(*) FROM referral") == (0,)


def test_nor_is_a_profile_that_does(loop: Loop) -> None:
    case = loop.case()
    with loop.hub.transaction(case.worker) as session:
        change_profile(
            session, case_id=case.id, values={"skills": "在康复人员车间学过缝纫"}, by=case.worker, at=loop.at
        )
    referral_id = drafted(loop, case)
    assert "skills" in {field.name for field in loop.service(TRAINING).fields}
    with pytest.raises(WordsNotNeutral):
        loop.send(referral_id)


def test_ordinary_words_are_let_through(loop: Loop) -> None:
    referral_id = drafted(loop, loop.case(), need_summary="做过餐具消毒工，想学烹饪")
    assert loop.send(referral_id).number
