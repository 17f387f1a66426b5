"""Reads of cases, each shaped for a page. A look at a case is told in the record."""

from __future__ import annotations

from referral_hub.cases.facts import Searcher, case_facts, searcher_for_case
from referral_hub.cases.queries.caseload import CaseloadPage, CaseRow, FoundPerson, caseload, find_person
from referral_hub.cases.queries.due import DueItem, DueList, my_due_list
from referral_hub.cases.queries.head import CaseHead, NeedLine, case_head, needs_of_case, open_needs
from referral_hub.cases.queries.page import CasePage, NeedView, NoteLine, PersonView, PlanLine, TeamLine, case_for_page
from referral_hub.cases.queries.team import Colleague, WorkerLoad, colleagues, team_load
from referral_hub.cases.queries.timeline import Timeline, TimelineEntry, timeline_for_case
from referral_hub.cases.queries.wanting import WantingClient, needs_wanting

__all__ = [
    "CaseHead",
    "CasePage",
    "CaseRow",
    "CaseloadPage",
    "Colleague",
    "DueItem",
    "DueList",
    "FoundPerson",
    "NeedLine",
    "NeedView",
    "NoteLine",
    "PersonView",
    "PlanLine",
    "Searcher",
    "TeamLine",
    "Timeline",
    "TimelineEntry",
    "WantingClient",
    "WorkerLoad",
    "case_facts",
    "case_for_page",
    "case_head",
    "caseload",
    "colleagues",
    "find_person",
    "my_due_list",
    "needs_of_case",
    "needs_wanting",
    "open_needs",
    "searcher_for_case",
    "team_load",
    "timeline_for_case",
]
