"""The tabular form of HSDS, rows that point at each other by key, brought into the nested form."""

from __future__ import annotations

from typing import Any

from referral_hub.importing.hsds_texts import text_of

Raw = dict[str, Any]

# Which table hangs under which, by which key, and as what: (table, its key, parent table, field of the parent).
_CHILDREN = (
    ("addresses", "location_id", "locations", "addresses"),
    ("phones", "location_id", "locations", "phones"),
    ("schedules", "location_id", "locations", "schedules"),
    ("phones", "service_at_location_id", "service_at_locations", "phones"),
    ("schedules", "service_at_location_id", "service_at_locations", "schedules"),
    ("phones", "contact_id", "contacts", "phones"),
    ("phones", "service_id", "services", "phones"),
    ("schedules", "service_id", "services", "schedules"),
    ("languages", "service_id", "services", "languages"),
    ("service_areas", "service_id", "services", "service_areas"),
    ("required_documents", "service_id", "services", "required_documents"),
    ("service_capacities", "service_id", "services", "capacities"),
    ("service_at_locations", "service_id", "services", "service_at_locations"),
    ("contacts", "service_id", "services", "contacts"),
    ("attributes", "link_id", "services", "attributes"),
    ("phones", "organization_id", "organizations", "phones"),
    ("contacts", "organization_id", "organizations", "contacts"),
    ("locations", "organization_id", "organizations", "locations"),
    ("organization_identifiers", "organization_id", "organizations", "organization_identifiers"),
)
# A row that names one other: (table, its key, the other table, field to put it in).
_NAMED = (
    ("attributes", "taxonomy_term_id", "taxonomy_terms", "taxonomy_term"),
    ("service_capacities", "unit_id", "units", "unit"),
    ("service_at_locations", "location_id", "locations", "location"),
    ("services", "program_id", "programs", "program"),
)
_OTHER_NAMES = {
    "organization": "organizations",
    "service": "services",
    "service_at_location": "service_at_locations",
    "service_capacity": "service_capacities",
    "capacities": "service_capacities",
    "unit": "units",
}


def nest_tables(document: Raw) -> Raw:
    """The document with its tables (`phones`, `schedules.csv` …) hung under what they belong to.

    A document without tables, such as one organisation or an API page, comes back as it is.
    """
    tables = {_table_name(key): [row for row in rows if isinstance(row, dict)] for key, rows in _tables(document)}
    if not {"organizations", "services"} & tables.keys() or "name" in document:
        return document
    # Keys are compared as texts: a key of another shape is none, and 7 is the same key as "7".
    by_id = {table: {key: row for row in rows if (key := text_of(row, "id"))} for table, rows in tables.items()}
    for table, key, other, field in _NAMED:
        for row in tables.get(table, []):
            named = by_id.get(other, {}).get(text_of(row, key))
            if field not in row and named is not None:
                row[field] = named
    for table, key, parent, field in _CHILDREN:
        for row in tables.get(table, []):
            holder = by_id.get(parent, {}).get(text_of(row, key))
            if holder is not None:
                children = holder.setdefault(field, [])
                if isinstance(children, list) and row not in children:
                    children.append(row)
    return {"organizations": tables.get("organizations", []), "services": tables.get("services", [])}


def _tables(document: Raw) -> list[tuple[str, list[Any]]]:
    return [(key, rows) for key, rows in document.items() if isinstance(rows, list)]


def _table_name(key: str) -> str:
    name = key.removesuffix(".csv")
    return _OTHER_NAMES.get(name, name)
