"""Tables of annotated files in the three formats."""

import gzip
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "src"))
from gas_client import NoResult, read_table

CSQ = '##INFO=<ID=CSQ,Number=.,Type=String,Description="Consequences. Format: Allele|Consequence|SYMBOL|HGVSp|ID">'
ANN = "##INFO=<ID=ANN,Number=.,Type=String,Description=\"Functional annotations: 'Allele | Annotation | Gene_Name'\">"
BCSQ = '##INFO=<ID=BCSQ,Number=.,Type=String,Description="Haplotypes. Format: Consequence|gene|transcript">'
HEAD = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tada\tbob"


def write(folder: str, *lines: str, compressed: bool = False) -> Path:
    """Writes a VCF file."""
    path = Path(folder) / "file"
    text = "\n".join(["##fileformat=VCFv4.2", *lines, ""]).encode()
    # Two members, as BGZF has.
    path.write_bytes(gzip.compress(text[:60]) + gzip.compress(text[60:]) if compressed else text)
    return path


class Tables(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def test_each_annotation_is_a_row(self):
        records = [
            "20\t100\trs1\tA\tG,T\t50\tPASS\tAC=1,2;CSQ=G|missense_variant|TP53|P1%3Ap.(Arg2Ter)%2C|x,T|stop_gained|TP53||;DB\tGT:DP\t0/1:9\t./.:0",
            "20\t200\t.\tC\tT\t.\t.\t.\tDP:GT\t3:1|1\t4:0/0",
        ]
        for compressed in (False, True):
            path = write(self.folder, CSQ, HEAD, *records, compressed=compressed)
            table = read_table(path, info=["AC", "DB"], samples=True)
            columns = table.columns
            self.assertEqual(len(table), 3)
            self.assertEqual(columns["POS"], [100, 100, 200])
            self.assertEqual(columns["QUAL"], [50.0, 50.0, None])
            self.assertEqual(columns["ID"], ["rs1", "rs1", None])
            self.assertEqual(columns["CSQ/ID"], ["x", None, None], "the field of the annotation, not of the record")
            self.assertEqual(columns["Consequence"], ["missense_variant", "stop_gained", None])
            self.assertEqual(columns["HGVSp"], ["P1:p.(Arg2Ter),", None, None], "percent-encoding is resolved")
            self.assertEqual(columns["INFO/AC"], ["1,2", "1,2", None])
            self.assertEqual(columns["INFO/DB"], ["true", "true", None])
            self.assertEqual(columns["ada/GT"], ["0/1", "0/1", "1|1"])
            self.assertEqual(columns["bob/GT"], ["./.", "./.", "0/0"])

    def test_other_formats(self):
        ann = read_table(write(self.folder, ANN, HEAD, "20\t1\t.\tA\tG\t.\t.\tANN=G|missense_variant|TP53"))
        self.assertEqual(ann.columns["Gene_Name"], ["TP53"])
        bcsq = read_table(write(self.folder, BCSQ, HEAD, "20\t1\t.\tA\tG\t.\t.\tBCSQ=@20"))
        self.assertEqual((bcsq.columns["Consequence"], bcsq.columns["gene"]), (["@20"], [None]))

    def test_a_file_without_annotations_is_an_error(self):
        with self.assertRaisesRegex(NoResult, "CSQ, ANN, BCSQ"):
            read_table(write(self.folder, HEAD, "20\t1\t.\tA\tG\t.\t.\t."))
        with self.assertRaisesRegex(NoResult, "not a VCF file"):
            read_table(write(self.folder, "hello"))

    def test_data_frames_have_the_same_rows_and_numbers(self):
        records = ["20\t1\t.\tA\tG\t.\t.\tCSQ=G|stop_gained|TP53||", "20\t2\t.\tA\tG\t3.5\t.\t."]
        table = read_table(write(self.folder, CSQ, HEAD, *records))
        pandas, polars = table.to_pandas(), table.to_polars()
        self.assertEqual(list(pandas.columns), polars.columns)
        self.assertEqual(pandas["POS"].sum(), polars["POS"].sum())
        self.assertEqual(polars["QUAL"].to_list(), [None, 3.5])
        self.assertEqual(pandas[pandas["Consequence"] == "stop_gained"]["SYMBOL"].tolist(), ["TP53"])


if __name__ == "__main__":
    unittest.main()
