"""Discovery as an asset: what the installation holds, as tables that are alike for every source."""

import dagster as dg

from hd_assets.assembly.audit import folder_of
from hd_assets.assembly.preview import markdown_table
from hd_assets.assembly.steps import Plant, running
from hd_assets.discover.run import FOLDER, discover, sql_files
from hd_assets.staging.runner import inputs, read
from hd_assets.warehouse import Connection

NAME, SCOPE = "discovery", "scope"
_VOLUMES = """
    select object, source_type, sum(rows)::bigint, min(month), max(month) from discovery.volume
    group by object, source_type order by object, source_type
"""
_UNDATED = "select coalesce(sum(rows), 0)::bigint from discovery.volume where month is null"


def discovery_asset(plant: Plant) -> dg.AssetsDefinition:
    """Fills schema `discovery` from the newest extraction. MappingError when the source ships no discovery."""
    names, migration = plant.names, plant.migration
    key = names.key("raw", NAME)
    files = sql_files(migration, plant.settings.sql)
    read_tables = {table for path in files.values() for schema, table in inputs(read(path)) if schema == "raw"}

    @dg.asset(
        key=key,
        deps=[names.mapping, *names.keys("raw", sorted(read_tables))],
        description="What the installation holds: facts, volumes, fields with fill rates, values, automations,"
        f" connections, file sizes, languages; schema `discovery`, from `{files['fact'].parent.name}/*.sql`.",
        pool=names.pool,
        backfill_policy=dg.BackfillPolicy.single_run(),
        required_resource_keys=plant.resources,
        **names.traits("raw", "duckdb", "sql"),
    )
    def discovery(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        with running(context, key), plant.warehouse(context).transaction() as connection:
            counts = discover(connection, migration, plant.settings.sql, files=plant.stores.files)
            shown = _shown(connection)
        told = {"overriding_sql": sorted(migration.overriding(FOLDER)) or "none"}
        return dg.MaterializeResult(metadata={"dagster/row_count": sum(counts.values()), **told, **counts, **shown})

    return discovery


def scope_asset(plant: Plant) -> dg.AssetsDefinition:
    """What the customer agrees to before anything else: discovery, promises and risks as one document."""
    names = plant.names
    key = names.key("audit", SCOPE)

    @dg.asset(
        key=key,
        deps=[names.mapping, names.key("raw", NAME)],
        description="Scope document: what there is, what becomes of it, what stays behind and what will stop."
        " `scope.md`, `scope.html` with charts, and the CSV files behind the numbers.",
        pool=names.pool,
        backfill_policy=dg.BackfillPolicy.single_run(),
        required_resource_keys=plant.resources,
        **names.traits("audit", "markdown", "csv"),
    )
    def scope(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        from hd_assets.deliver.scope import scope as document
        from hd_assets.deliver.scope_page import write_scope

        folder = folder_of(context, plant)
        with running(context, key), plant.warehouse(context).get_connection() as connection:
            told = document(connection, plant.migration, plant.settings.sql)
            page, html, sheets = write_scope(folder, told, plant.migration.name)
        return dg.MaterializeResult(
            metadata={
                "dagster/row_count": sum(sheets.values()),
                "page": dg.MetadataValue.path(page),
                "html": dg.MetadataValue.path(html),
                "files": dg.MetadataValue.md(markdown_table(("file", "rows"), list(sheets.items()))),
            }
        )

    return scope


def _shown(connection: Connection) -> dict[str, dg.MetadataValue | int]:
    """Facts and volumes; names of fields, values and addresses stay in the warehouse."""
    facts = connection.execute("select name, value from discovery.fact order by name").fetchall()
    volumes = connection.execute(_VOLUMES).fetchall()
    [[undated]] = connection.execute(_UNDATED).fetchall()
    return {
        "facts": dg.MetadataValue.md(markdown_table(("fact", "value"), facts)),
        "volumes": dg.MetadataValue.md(markdown_table(("object", "source", "rows", "first", "last month"), volumes)),
        "rows_without_date": undated,
    }
