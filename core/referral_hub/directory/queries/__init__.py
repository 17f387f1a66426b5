"""Reads of the directory, shaped for pages."""

from __future__ import annotations

from referral_hub.directory.places import PlaceGroup, PlaceUse, capacity_of, groups_of_offerings, use_of_offerings
from referral_hub.directory.queries.choices import OrganisationBrief, organisation_brief, providers_for_choice
from referral_hub.directory.queries.lists import (
    ContractRow,
    OfferingRow,
    OrganisationRow,
    contracts_for_list,
    offerings_for_list,
    organisations_for_list,
)
from referral_hub.directory.queries.pages import (
    OfferingPage,
    OrganisationPage,
    PlaceRow,
    offering_for_page,
    organisation_for_page,
)
from referral_hub.directory.rules import SORTED_BY, contract_in_force
from referral_hub.directory.search import Match, search_offerings

__all__ = [
    "SORTED_BY",
    "ContractRow",
    "Match",
    "OfferingPage",
    "OfferingRow",
    "OrganisationBrief",
    "OrganisationPage",
    "OrganisationRow",
    "PlaceGroup",
    "PlaceRow",
    "PlaceUse",
    "capacity_of",
    "contract_in_force",
    "contracts_for_list",
    "groups_of_offerings",
    "offering_for_page",
    "offerings_for_list",
    "organisation_brief",
    "organisation_for_page",
    "organisations_for_list",
    "providers_for_choice",
    "search_offerings",
    "use_of_offerings",
]
