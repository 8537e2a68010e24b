"""Audit: read back and certificate, lineage, and the documents people receive."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg

from hd_assets.assembly.preview import markdown_table
from hd_assets.assembly.publish import opened
from hd_assets.assembly.steps import Plant, run_window, running
from hd_assets.partitions import windows

PREVIEW_EDGES = 25


def reconciliation_assets(plant: Plant) -> dg.AssetsDefinition:
    """Read back and certificate in one step: a certificate is only worth something for the read-back it was made of."""
    names = plant.names
    key, certificate_key = names.keys("audit", ("reconciliation", "certificate"))
    sent = ("workspace", "companies", "contacts", "articles", "conversations", "parts", "attachments")

    @dg.multi_asset(
        name=names.op("audit", "reconciliation"),
        specs=[
            dg.AssetSpec(
                key,
                deps=names.keys("publish", sent),
                description="Everything that was sent, read back and compared field by field with staging.",
                **names.traits("audit", "intercom", "duckdb"),
            ),
            dg.AssetSpec(
                certificate_key,
                deps=[key],
                description="Figures, versions and digests of the read-back, as JSON and Markdown.",
                **names.traits("audit", "markdown"),
            ),
        ],
        check_specs=[
            dg.AssetCheckSpec("nothing_differs", asset=key, description="Every record is there as it was meant.")
        ],
        can_subset=False,
        partitions_def=windows(plant.migration.mapping.first_day),
        pool=names.pool,
        backfill_policy=dg.BackfillPolicy.single_run(),
        required_resource_keys=plant.resources,
    )
    def reconciliation(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[None]]:
        from hd_assets.reconcile.certificate import certificate
        from hd_assets.reconcile.compare import reconcile

        with (
            running(context, key) as step,
            opened(context, plant, step, "reconcile", exclusive=False) as publishing,
        ):
            window = run_window(context)
            outcome = reconcile(publishing, window)
            document = certificate(publishing, outcome, window, run_folder(context))
        rows = [
            (name, entry.compared, entry.differing, entry.missing, entry.extra, entry.by_ledger)
            for name, entry in outcome.by_object.items()
        ]
        yield dg.MaterializeResult(
            asset_key=key,
            metadata={
                "target": publishing.target,
                "compared": outcome.compared,
                "differing": outcome.differing,
                "missing": outcome.missing,
                "extra": outcome.extra,
                "by_object": dg.MetadataValue.md(
                    markdown_table(("object", "compared", "differing", "missing", "extra", "by ledger"), rows)
                ),
            },
            check_results=[
                dg.AssetCheckResult(
                    check_name="nothing_differs",
                    passed=outcome.differing == 0,
                    description=f"{outcome.differing} of {outcome.compared} records differ",
                    metadata={"compared": outcome.compared, "differing": outcome.differing},
                )
            ],
        )
        yield dg.MaterializeResult(
            asset_key=certificate_key,
            metadata={
                "verdict": document.verdict,
                "sha256": document.sha256,
                "json": dg.MetadataValue.path(document.json_path),
                "markdown": dg.MetadataValue.path(document.markdown_path),
                "certificate": dg.MetadataValue.md(document.markdown_path.read_text(encoding="utf-8")),
            },
        )

    return reconciliation


def lineage_asset(plant: Plant, staged: Sequence[str]) -> dg.AssetsDefinition:
    """The graph page draws no column lineage, so it is delivered as a table and a page."""
    names = plant.names
    key = names.key("audit", "lineage")

    @dg.asset(
        key=key,
        deps=names.keys("staging", staged),
        description="From which source columns each staged column is computed: `lineage.csv` and `lineage.md`.",
        pool=names.pool,
        backfill_policy=dg.BackfillPolicy.single_run(),
        required_resource_keys=plant.resources,
        **names.traits("audit", "markdown"),
    )
    def lineage(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        from hd_assets.deliver.lineage import write_lineage
        from hd_assets.staging.lineage import edges

        with running(context, key), plant.warehouse(context).get_connection() as connection:
            found = edges(plant.migration, plant.settings.sql, connection)
            table, page = write_lineage(folder_of(context, plant), plant.migration.name, found)
        shown = [
            (edge.target_table, edge.target_column, edge.source_table, edge.source_column)
            for edge in found[:PREVIEW_EDGES]
        ]
        return dg.MaterializeResult(
            metadata={
                "dagster/row_count": len(found),
                "table": dg.MetadataValue.path(table),
                "page": dg.MetadataValue.path(page),
                "first_edges": dg.MetadataValue.md(
                    markdown_table(("table", "column", "from table", "from column"), shown)
                ),
            }
        )

    return lineage


def deliverables_asset(plant: Plant, documents: Sequence[str]) -> dg.AssetsDefinition:
    names = plant.names
    key = names.key("audit", "deliverables")
    books = ("inventory", "exceptions", "left_out", "history")

    @dg.asset(
        key=key,
        deps=[*names.keys("staging", books), *names.keys("audit", ("certificate", "lineage", *documents))],
        description="What is written down instead of migrated: inventories, exceptions, left-out records, history;"
        " and `index.md`, the list of all documents of the run.",
        pool=names.pool,
        backfill_policy=dg.BackfillPolicy.single_run(),
        required_resource_keys=plant.resources,
        **names.traits("audit", "csv"),
    )
    def deliverables(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        from hd_assets.decisions import book, cases, sheet
        from hd_assets.deliver.inventories import write_inventories
        from hd_assets.links import told

        with running(context, key), plant.warehouse(context).get_connection() as connection:
            book.load(connection, plant.stores)
            target = plant.options(context).target
            found = cases.cases(plant.settings, plant.migration, target)
            links = told.rows(connection, plant.settings, plant.migration, target)
            written = write_inventories(
                connection,
                folder_of(context, plant),
                f"Migration {names.migration}",
                {"exceptions": (sheet.COLUMNS, sheet.rows(found)), "links": (told.COLUMNS, links)},
            )
        return dg.MaterializeResult(
            metadata={
                "files": len(written),
                "folder": dg.MetadataValue.path(folder_of(context, plant)),
                "documents": dg.MetadataValue.md(
                    markdown_table(("file", "rows"), [(path.name, rows) for path, rows in written.items()])
                ),
            }
        )

    return deliverables


def run_folder(context: dg.AssetExecutionContext) -> str:
    """Name of the folder of a run's documents: when the run was created, and the beginning of its id."""
    record = context.instance.get_run_record_by_id(context.run.run_id)
    created = record.create_timestamp if record else datetime.now(UTC)
    return f"{created.astimezone(UTC):%Y%m%dT%H%M%SZ}-{context.run.run_id[:8]}"


def folder_of(context: dg.AssetExecutionContext, plant: Plant) -> Path:
    return plant.stores.deliverables / run_folder(context)
