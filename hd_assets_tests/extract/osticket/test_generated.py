"""What the sample generator writes is read like the real thing, so the demo stands on the same code."""

import zlib

from hd_assets.samples.registry import write
from hd_assets_tests.extract.osticket.shared_sample import read_into, rows, tally


def test_a_generated_installation_is_read_whole_and_without_its_secrets(tmp_path):
    report = write("osticket", tmp_path / "source", tickets=60, seed=3)
    store, extraction = read_into(tmp_path / "home", report.variables)
    read = extraction.row_counts.keys() - {"config"}
    expected = {name: count for name, count in report.counts.items() if name in read}
    assert len(expected) > 40
    assert {name: extraction.row_counts[name] for name in expected} == expected
    assert tally(store, "file_bytes", "status") == {"stored": report.counts["file"]}
    assert extraction.warnings == ()
    text = " ".join(str(row) for name in extraction.entities for row in rows(store, name))
    assert report.secrets
    assert not [zlib.crc32(secret.encode()) for secret in report.secrets if secret in text]
