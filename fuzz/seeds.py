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

# The same gene in the dialects of Ensembl, GENCODE (GTF), NCBI and Prokka.
GENE_MODELS = [
    "1\tx\tgene\t5\t150\t.\t+\t.\tID=gene:G;Name=N;biotype=protein_coding\n"
    "1\tx\tmRNA\t5\t150\t.\t+\t.\tID=transcript:T;Parent=gene:G;biotype=protein_coding\n"
    "1\tx\texon\t5\t59\t.\t+\t.\tParent=transcript:T\n"
    "1\tx\texon\t80\t150\t.\t+\t.\tParent=transcript:T\n"
    "1\tx\tCDS\t11\t59\t.\t+\t0\tID=CDS:P;Parent=transcript:T;protein_id=P\n"
    "1\tx\tCDS\t80\t103\t.\t+\t2\tID=CDS:P;Parent=transcript:T;protein_id=P\n",
    '1\tx\ttranscript\t5\t150\t.\t-\t.\tgene_id "G"; transcript_id "T"; gene_type "protein_coding";\n'
    '1\tx\texon\t5\t150\t.\t-\t.\tgene_id "G"; transcript_id "T"; exon_number 1;\n'
    '1\tx\tCDS\t11\t100\t.\t-\t0\tgene_id "G"; transcript_id "T"; protein_id "P";\n'
    '1\tx\tstop_codon\t8\t10\t.\t-\t0\tgene_id "G"; transcript_id "T";\n',
    "1\tx\tgene\t5\t150\t.\t+\t.\tID=gene-G;Dbxref=GeneID:1;gene=G;gene_biotype=protein_coding\n"
    "1\tx\tmRNA\t5\t150\t.\t+\t.\tID=rna-T;Parent=gene-G;transcript_id=T;gene=G\n"
    "1\tx\texon\t5\t150\t.\t+\t.\tID=exon-1;Parent=rna-T\n"
    "1\tx\tCDS\t11\t60\t.\t+\t0\tID=cds-P;Parent=rna-T;exception=ribosomal slippage\n"
    "1\tx\tCDS\t60\t100\t.\t+\t0\tID=cds-P;Parent=rna-T;exception=ribosomal slippage\n",
    "##gff-version 3\n##sequence-region 1 1 590\n"
    "1\tProdigal\tgene\t11\t100\t.\t+\t.\tID=L1_gene;locus_tag=L1\n"
    "1\tProdigal\tCDS\t11\t100\t.\t+\t0\tID=L1;Parent=L1_gene;locus_tag=L1;product=x\n"
    "##FASTA\n>1\nACGT\n",
]

FORMATS = [
    "PK\x03\x04", "<html>", "@HD\tVN:1.6\n", ">chr20\nACGT\n", "chr20\t100\t200\tname\n", "{\"a\":1}",
    "# rsid\tchromosome\tposition\tgenotype\n", "20\t76758\t.\tT\tA\t.\t.\t.\n", "#CHROM,POS,ID\n",
    "##fileformat=VCFv4.2\r#CHROM\tPOS\r",
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
        seed("input_check", f"{sample.stem}-text", b"\0" + text)
        seed("input_check", f"{sample.stem}-gzip", b"\1" + text)
        seed("preview", sample.stem, text)
        for number, line in enumerate(header[:-1]):
            seed("definition", f"{sample.stem}-{number}", line.rstrip())

    notations = (
        "chr1:12345 A>G", "1-12345-A-G", "NC_000001.11:12344:A:G", "1\t12345\trs1\tA\tG\t.\tPASS\tDP=3",
        "NM_007294.4(BRCA1):c.68_69del (p.Glu23fs)", "X:n.5+3_6-2delACinsT", "ENST1:c.-5_*7dup", "MT:m.3243A=",
    )
    for number, text in enumerate(notations):
        seed("variant_text", str(number), text.encode())

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

    for number, text in enumerate(GENE_MODELS):
        # Twelve alleles, each at two bytes, of a length and without ALT, then: the models are text.
        alleles = b"".join(struct.pack(">HBB", 40 * n, n % 8, 0) for n in range(12))
        seed("gene_models", str(number), alleles + b"\x01" + text.encode())

    for number, text in enumerate(FORMATS):
        seed("other_format", str(number), text.encode())
    for number, text in enumerate(FILTERS):
        seed("filter", str(number), text.encode())
    seed("sns_envelope", "0", json.dumps(ENVELOPE).encode())


if __name__ == "__main__":
    main()
