"""The documents people receive: each an asset whose lineage is what its SQL reads."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import dagster as dg

from hd_assets.assembly.audit import folder_of
from hd_assets.assembly.preview import asset_of, markdown_table
from hd_assets.assembly.steps import Plant, running
from hd_assets.deliver.catalogue import Catalogue, Document
from hd_assets.deliver.pages import Written

_SENT = ("workspace", "companies", "contacts", "articles", "conversations", "parts", "attachments")


def document_assets(plant: Plant, found: Catalogue) -> dg.AssetsDefinition:
    """One step writes them all into the run's folder; each can be chosen by itself."""
    names = plant.names

    @dg.multi_asset(
        name=names.op("audit", "documents"),
        specs=[
            dg.AssetSpec(
                names.key("audit", name),
                deps=parents(plant, found, document),
                description=f"{document.spec.title}. {document.spec.text} `{name}.md` and its CSV files.".strip(),
                skippable=True,
                **names.traits("audit", "markdown", "csv"),
            )
            for name, document in found.documents.items()
        ],
        can_subset=True,
        pool=names.pool,
        backfill_policy=dg.BackfillPolicy.single_run(),
        required_resource_keys=plant.resources,
    )
    def documents(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[None]]:
        from hd_assets.deliver.prepare import prepare
        from hd_assets.deliver.write import write_documents

        overriding = set(plant.migration.overrides.values())
        chosen = {key.path[-1] for key in context.selected_asset_keys}
        target, folder = plant.options(context).target, folder_of(context, plant)
        with (
            running(context, names.key("audit", "documents")),
            plant.warehouse(context).get_connection() as connection,
        ):
            prepare(connection, plant.migration, found, plant.stores.ledger(target), target)
            made = write_documents(connection, found, folder, f"Migration {names.migration}", target, chosen)
        for name, sheets in made.items():
            own = [sheet.name for sheet in found.documents[name].sheets if sheet.path in overriding]
            yield dg.MaterializeResult(asset_key=names.key("audit", name), metadata=_told(folder, name, sheets, own))

    return documents


def report_asset(plant: Plant, found: Catalogue) -> dg.AssetsDefinition:
    """The page that sums everything up, after the documents it leads to."""
    names = plant.names
    key = names.key("audit", "report")

    @dg.asset(
        key=key,
        deps=[*names.keys("audit", (*found.documents, "deliverables", "certificate")), *names.keys("publish", _SENT)],
        description="`report.html`: verdict, totals, months, exceptions, forecast against actual, and a box to sign;"
        " one file that needs no network.",
        pool=names.pool,
        backfill_policy=dg.BackfillPolicy.single_run(),
        required_resource_keys=plant.resources,
        **names.traits("audit", "html"),
    )
    def report(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        from hd_assets.deliver.prepare import prepare
        from hd_assets.deliver.report import write_report
        from hd_assets.deliver.report_facts import bring_certificate, facts
        from hd_assets.deliver.write import fill

        target, folder = plant.options(context).target, folder_of(context, plant)
        with running(context, key), plant.warehouse(context).get_connection() as connection:
            prepare(connection, plant.migration, found, plant.stores.ledger(target), target)
            fill(connection, found, ["row_counts"])
            bring_certificate(plant.stores, target, folder)
            told = facts(connection, plant.migration, plant.stores, target, folder)
            path = write_report(folder, told)
        verdict = told["certificate"]["verdict"] if told["certificate"] else "not read back"
        return dg.MaterializeResult(metadata={"page": dg.MetadataValue.path(path), "verdict": verdict})

    return report


def parents(plant: Plant, found: Catalogue, document: Document) -> list[dg.AssetKey]:
    """Keys of everything a document reads: tables, the mapping, other documents, and what was sent and read back."""
    names = plant.names
    owner = {sheet.name: name for name, of in found.documents.items() for sheet in of.sheets}
    keys = {names.mapping}
    for schema, table in document.reads:
        if schema == "publish":
            keys |= set(names.keys("publish", _SENT))
        elif schema == "reconcile":
            keys.add(names.key("audit", "reconciliation"))
        elif schema == "deliver":
            keys |= {names.key("audit", owner[table])} if table in owner and owner[table] != document.name else set()
        else:
            key = asset_of(names, f"{schema}.{table}")
            keys |= {key} if key is not None else set()
    return sorted(keys, key=lambda key: list(key.path))


def _told(folder: Path, name: str, sheets: list[Written], own: list[str]) -> Mapping[str, dg.MetadataValue]:
    """`own`: sheets whose SQL is the migration's own."""
    rows = [(sheet.file, sheet.rows) for sheet in sheets]
    return {
        "dagster/row_count": dg.MetadataValue.int(sum(sheet.rows for sheet in sheets)),
        "page": dg.MetadataValue.path(folder / f"{name}.md"),
        "overriding_sql": dg.MetadataValue.text(", ".join(own) or "none"),
        "files": dg.MetadataValue.md(markdown_table(("file", "rows"), rows)),
    }
