"""Which source columns each staged column is computed from."""

import pytest

from hd_assets.errors import HdError
from hd_assets.partitions import EVERYTHING
from hd_assets.staging import lineage, runner


def test_a_column_leads_back_through_ctes_and_joins_to_the_source_as_the_source_spells_it(depot):
    with depot.warehouse.get_connection() as connection:
        schema = lineage.schema(connection)
    sources = lineage.column_sources((depot.sql / "depot" / "history.sql").read_text(), schema)
    assert sources["external_id"] == {("raw.Ticket", "Id")}
    assert sources["to_value"] == {("raw.Ticket", "Id"), ("raw.Ticket", "By")}
    assert sources["home_window"] == {("staging.windows", "home_window")}
    assert sources["kind"] == set()


def test_every_file_gives_its_edges_with_the_expression(depot):
    with depot.warehouse.transaction() as connection:
        runner.stage_all(connection, depot.migration, depot.sql, EVERYTHING)
        edges = lineage.edges(depot.migration, depot.sql, connection)
    found = {(edge.target_table, edge.target_column, edge.source_table, edge.source_column) for edge in edges}
    assert ("staging.windows", "dated_at", "raw.Ticket", "Opened") in found
    assert ("staging.history", "actor", "raw.Ticket", "By") in found
    [dated] = [edge for edge in edges if edge.target_table == "staging.windows" and edge.target_column == "dated_at"]
    assert "cast(" in dated.expression.lower()


def test_a_file_that_cannot_be_traced_is_named(depot):
    depot.write("tags", "select from where")
    with depot.warehouse.get_connection() as connection, pytest.raises(HdError, match=r"tags\.sql"):
        lineage.edges(depot.migration, depot.sql, connection)
