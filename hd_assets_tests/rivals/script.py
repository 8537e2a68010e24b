"""A migration script as people write it: a loop over the records, retries with back-off, a file of what is done.

`python -m hd_assets_tests.rivals.script URL RECORDS FOLDER`. A network error, 429 and 5xx are tried again up to five
times, as tenacity's documentation shows it; a record is noted when all of it was sent, so that a new start goes on
where the last one ended.
"""

import json
import sys
from pathlib import Path

import httpx
from tenacity import retry, retry_if_exception, stop_after_attempt, wait_exponential

HEADERS = {"Authorization": "Bearer script", "Intercom-Version": "2.16"}
RETRIES = {"stop": stop_after_attempt(5), "wait": wait_exponential(0.05, max=1), "reraise": True}


def transient(fault: BaseException) -> bool:
    if isinstance(fault, httpx.HTTPStatusError):
        return fault.response.status_code == 429 or fault.response.status_code >= 500
    return isinstance(fault, httpx.TransportError)


@retry(
    retry=retry_if_exception(transient), stop=stop_after_attempt(5), wait=wait_exponential(0.05, max=1), reraise=True
)
def post(http: httpx.Client, path: str, body: dict) -> dict:
    answer = http.post(path, json=body)
    answer.raise_for_status()
    return answer.json()


def main(url: str, records: str, folder: str) -> None:
    noted = Path(folder) / "done.txt"
    done = set(noted.read_text().split()) if noted.exists() else set()
    with httpx.Client(base_url=url, headers=HEADERS, timeout=30, trust_env=False) as http, noted.open("a") as progress:
        for line in Path(records).read_text().splitlines():
            record = json.loads(line)
            if record["key"] in done:
                continue
            made = post(http, "/conversations", record["opening"])
            for reply in record["replies"]:
                post(http, f"/conversations/{made['conversation_id']}/reply", reply)
            progress.write(record["key"] + "\n")
            progress.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
