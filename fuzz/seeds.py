"""Writes seeds of the fuzz targets to fuzz/corpus, from the samples and an index of the explorer.

Usage: python3 fuzz/seeds.py
"""

import json
import struct
import zlib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CORPUS = ROOT / "fuzz/corpus"

FILTERS = [
    '{"impacts":["high"]}',
    '{"genes":["BRCA1"],"regions":["chr1:100-200"],"pass_only":true}',
    '{"filter":{"search":"rs1"},"sort":{"key":"frequency","direction":"descending"},"limit":50}',
    "-frequency",
    "chr1:1,000-2,000",
    "chrM",
]

ENVELOPE = {
    "Type": "SubscriptionConfirmation",
    "MessageId": "id",
    "TopicArn": "arn:aws:sns:us-east-1:123456789012:t",
    "Message": "m",
    "Subject": "s",
    "Timestamp": "2026-03-06T20:00:26.893Z",
    "SignatureVersion": "2",
    "Signature": "c2ln",
    "SigningCertURL": "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-0a1b.pem",
    "SubscribeURL": "https://169.254.169.254/latest/meta-data/",
    "Token": "t",
}


def seed(target: str, name: str, content: bytes) -> None:
    folder = CORPUS / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"seed-{name}").write_bytes(content)


def main() -> None:
    for sample in sorted((ROOT / "assets/samples").glob("*.vcf")):
        # Whole lines, and few of them: small inputs are tried more often.
        lines = sample.read_bytes().splitlines(keepends=True)
        header = [line for line in lines if line.startswith(b"#")]
        records = [line for line in lines if not line.startswith(b"#")][:8]
        text = b"".join(header + records)
        seed("intake", f"{sample.stem}-text", b"\0" + text)
        seed("intake", f"{sample.stem}-gzip", b"\1" + text)
        seed("preview", sample.stem, text)

    # The trailer of an index: offset, length, sizes, version, magic number (explorer/src/format).
    index = (ROOT / "explorer/tests/data/version-1.explorer").read_bytes()
    offset, length = struct.unpack("<QQ", index[-36:-20])
    footer = zlib.decompress(index[offset : offset + length])
    for version in (0, 1):
        seed("explorer_footer", str(version), bytes([version]) + footer)

    # The compressed columns follow each other from the beginning of the file.
    at, number = 0, 0
    while at < offset:
        column = zlib.decompressobj()
        try:
            text = column.decompress(index[at:offset])
        except zlib.error:
            break
        at = offset - len(column.unused_data)
        for kind in (number, 0):
            seed("explorer_column", f"{number}-{kind}", bytes([kind, len(text) % 256, 0]) + text)
        number += 1

    # A record of BCF: chromosome 20, POS, one base; QUAL; DP and DB; two alleles; GT of two samples.
    shared = struct.pack("<iiifHHI", 0, 76757, 1, 30.5, 2, 2, 1 << 24 | 2)
    shared += b"\x37rs1\x17T\x17A\x11\x00\x11\x01\x11\x2a\x11\x04\x11\x01"
    seed("bcf", "record", bytes([len(shared)]) + shared + b"\x11\x02\x21\x02\x05\x04\x81")

    for number, text in enumerate(FILTERS):
        seed("filter", str(number), text.encode())
    seed("sns_envelope", "0", json.dumps(ENVELOPE).encode())


if __name__ == "__main__":
    main()
