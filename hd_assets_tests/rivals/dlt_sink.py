"""A custom destination of dlt: `python -m hd_assets_tests.rivals.dlt_sink URL RECORDS FOLDER BATCH plain|retrying`.

As dlt's page "Custom destination: Reverse ETL" advises: the function raises when a request fails, dlt repeats the
batch five times and then gives up; a new start of the pipeline first finishes what is pending. For a destination
without transactions that does not bear duplicates the page recommends a batch of 1; the default is 10. `retrying`
sends through dlt's own requests client, which repeats a failed request itself.
"""

import json
import sys
from pathlib import Path

import dlt
import requests
from dlt.sources.helpers.requests import Client

HEADERS = {"Authorization": "Bearer dlt", "Intercom-Version": "2.16"}


def main(url: str, records: str, folder: str, batch: str, kind: str) -> None:
    session = Client(request_backoff_factor=0.05).session if kind == "retrying" else requests.Session()
    session.trust_env = False
    session.headers.update(HEADERS)

    def post(path: str, body: dict) -> dict:
        answer = session.post(url + path, json=body, timeout=30)
        answer.raise_for_status()
        return answer.json()

    @dlt.destination(batch_size=int(batch), name="intercom", loader_parallelism_strategy="sequential")
    def intercom(items, table):
        for item in items:
            record = json.loads(item["record"])
            made = post("/conversations", record["opening"])
            for reply in record["replies"]:
                post(f"/conversations/{made['conversation_id']}/reply", reply)

    pipeline = dlt.pipeline("helpdesk", destination=intercom, pipelines_dir=folder)
    if pipeline.has_pending_data:
        pipeline.run()
    else:
        lines = Path(records).read_text().splitlines()
        pipeline.run([{"record": line} for line in lines], table_name="conversations")


if __name__ == "__main__":
    main(*sys.argv[1:])
