"""Compares the HGVS transcript descriptions of gas-annotate with those of biocommons hgvs.

The indels are drawn with a fixed seed, so that no one has seen them: half of them within repeats, most
in and near exons, on both strands. The normalizer gets each as a genomic variant, shifts it towards the
3' end of the transcript and maps it to the transcript. It reads the gene models and the sequence with
the code below, not with the engine's.

Exit code 1: the agreement is below the target.
"""

import argparse
import collections
import gzip
import random
import re
import subprocess
import sys
from pathlib import Path

import hgvs
from hgvs.dataproviders.interface import Interface
from hgvs.edit import NARefAlt
from hgvs.location import Interval, SimplePosition
from hgvs.normalizer import Normalizer
from hgvs.posedit import PosEdit
from hgvs.sequencevariant import SequenceVariant
from hgvs.variantmapper import VariantMapper

SEED = 20
CONTIG = "20"
COMPLEMENT = str.maketrans("ACGTN", "TGCAN")
TARGET = 99.9


def open_text(path):
    return gzip.open(path, "rt") if path.suffix == ".gz" else open(path)


def read_sequence(path):
    with open_text(path) as file:
        return "".join(line.strip() for line in file if not line.startswith(">")).upper()


class Transcript:
    """Exons in transcript order, with 0-based half-open positions on contig and transcript."""

    def __init__(self, strand, exons, cds):
        self.strand = 1 if strand == "+" else -1
        self.start = min(start for start, _ in exons)
        self.end = max(end for _, end in exons)
        self.exons = []
        length = 0
        for start, end in sorted(exons, reverse=strand == "-"):
            self.exons.append((start, end, length))
            length += end - start
        self.length = length
        self.cds = None
        if cds:
            first, last = min(start for start, _ in cds), max(end for _, end in cds) - 1
            ends = sorted(self.position(base) for base in (first, last))
            self.cds = ends[0], ends[1] + 1

    def position(self, base):
        for start, end, before in self.exons:
            if start <= base < end:
                return before + (base - start if self.strand == 1 else end - 1 - base)
        raise ValueError(f"{base} is in no exon")

    def sequence(self, contig):
        parts = (contig[start:end] for start, end, _ in self.exons)
        if self.strand == 1:
            return "".join(parts)
        return "".join(part.translate(COMPLEMENT)[::-1] for part in parts)


def read_transcripts(path):
    exons, cds, strands = collections.defaultdict(list), collections.defaultdict(list), {}
    with open_text(path) as file:
        for line in file:
            columns = line.rstrip("\n").split("\t")
            if len(columns) < 9 or columns[2] not in ("exon", "CDS"):
                continue
            parent = re.search(r"Parent=transcript:([^;]+)", columns[8]).group(1)
            strands[parent] = columns[6]
            part = int(columns[3]) - 1, int(columns[4])
            (exons if columns[2] == "exon" else cds)[parent].append(part)
    return {name: Transcript(strands[name], exons[name], cds[name]) for name in exons}


class Models(Interface):
    """The data that the normalizer asks for, without a database."""

    required_version = "1.1"
    url = "memory"

    def __init__(self, contig, transcripts):
        self.contig, self.transcripts = contig, transcripts
        super().__init__()

    def data_version(self):
        return self.required_version

    schema_version = data_version

    def get_seq(self, ac, start_i=None, end_i=None):
        whole = self.contig if ac == CONTIG else self.transcripts[ac].sequence(self.contig)
        return whole[start_i:end_i]

    def get_tx_exons(self, tx_ac, alt_ac, alt_aln_method):
        transcript = self.transcripts[tx_ac]
        exons = [
            {
                "tx_ac": tx_ac,
                "alt_ac": alt_ac,
                "alt_aln_method": alt_aln_method,
                "alt_strand": transcript.strand,
                "ord": number,
                "tx_start_i": before,
                "tx_end_i": before + end - start,
                "alt_start_i": start,
                "alt_end_i": end,
                "cigar": f"{end - start}=",
            }
            for number, (start, end, before) in enumerate(transcript.exons)
        ]
        return sorted(exons, key=lambda exon: exon["alt_start_i"])

    def get_tx_info(self, tx_ac, alt_ac, alt_aln_method):
        start, end = self.transcripts[tx_ac].cds or (None, None)
        return {"tx_ac": tx_ac, "alt_ac": alt_ac, "cds_start_i": start, "cds_end_i": end}

    def get_tx_identity_info(self, tx_ac):
        lengths = [end - start for start, end, _ in self.transcripts[tx_ac].exons]
        return {**self.get_tx_info(tx_ac, tx_ac, "transcript"), "lengths": lengths}

    def _unused(self, *_):
        raise NotImplementedError

    get_acs_for_protein_seq = get_assembly_map = get_gene_info = get_pro_ac_for_tx_ac = _unused
    get_similar_transcripts = get_tx_for_gene = get_tx_for_region = get_tx_mapping_options = _unused


class SecondOpinion:
    """Describes variants as the normalizer does."""

    def __init__(self, contig, transcripts):
        hgvs.global_config.lru_cache.maxsize = 5000
        hgvs.global_config.mapping.strict_bounds = False
        models = Models(contig, transcripts)
        self.transcripts = transcripts
        self.mapper = VariantMapper(models, prevalidation_level=None, replace_reference=False)
        towards = {1: 3, -1: 5}
        self.normalizers = {
            strand: Normalizer(
                models, shuffle_direction=end, validate=False, variantmapper=self.mapper
            )
            for strand, end in towards.items()
        }

    def normalized(self, pos, reference, alt):
        """The genomic variant by strand, shifted towards the strand's 3' end."""
        while reference and alt and reference[-1] == alt[-1]:
            reference, alt = reference[:-1], alt[:-1]
        while reference and alt and reference[0] == alt[0]:
            reference, alt, pos = reference[1:], alt[1:], pos + 1
        # An insertion is between two positions.
        ends = (pos, pos + len(reference) - 1) if reference else (pos - 1, pos)
        interval = Interval(*map(SimplePosition, ends))
        edit = NARefAlt(reference or None, alt or None)
        variant = SequenceVariant(ac=CONTIG, type="g", posedit=PosEdit(interval, edit))
        return {strand: n.normalize(variant) for strand, n in self.normalizers.items()}

    def description(self, normalized, name):
        """The description for a transcript; None if the variant is not within it."""
        transcript = self.transcripts[name]
        variant = normalized[transcript.strand]
        interval = variant.posedit.pos
        if interval.start.base <= transcript.start or interval.end.base > transcript.end:
            return None
        convert = self.mapper.g_to_c if transcript.cds else self.mapper.g_to_n
        return str(convert(variant, name))


def draw_indels(contig, transcripts, count):
    """Draws VCF records, sorted and without duplicates."""
    rng = random.Random(SEED)
    names = sorted(transcripts)
    bases = lambda length: "".join(rng.choice("ACGT") for _ in range(length))
    repeat = re.compile(r"(.{1,6}?)\1{2,}")
    drawn = set()
    while len(drawn) < count:
        transcript = transcripts[rng.choice(names)]
        if rng.random() < 0.7:
            start, end, _ = rng.choice(transcript.exons)
            near = rng.randrange(start - 40, end + 40)
        else:
            near = rng.randrange(transcript.start, transcript.end)
        length = min(1 + int(rng.expovariate(0.25)), 60)
        insert = rng.random() < 0.5
        if rng.random() < 0.5:
            found = repeat.search(contig, near, near + 300)
            if not found:
                continue
            unit = len(found.group(1))
            copies = rng.randrange(1, 3)
            length = unit * copies
            # Anywhere in the repeat, not only at its first place.
            start = rng.randrange(found.start(), found.end() - length + 1)
            inserted = contig[start : start + length]
        else:
            start = near
            other = rng.random()
            if other < 0.3:
                inserted = contig[start : start + length]
            else:
                inserted = bases(length)
            if other > 0.9:
                # A deletion with an insertion.
                insert = None
        if insert is None:
            reference, alt = contig[start : start + length], bases(rng.randrange(1, 6))
        elif insert:
            reference, alt = contig[start - 1], contig[start - 1] + inserted
        else:
            reference, alt = contig[start - 1 : start + length], contig[start - 1]
        if reference != alt and not set(reference + alt) - set("ACGT"):
            drawn.add((start + (insert is None), reference, alt))
    return sorted(drawn)


def annotate(engine, reference, indels, work):
    """Runs the engine. Yields each record's position, REF, ALT and entries by field name."""
    source, target = work / "indels.vcf", work / "indels.ours.vcf"
    header = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
    records = (f"{CONTIG}\t{pos}\t.\t{ref}\t{alt}\t.\t.\t.\n" for pos, ref, alt in indels)
    source.write_text(header + "".join(records))
    command = [engine, "annotate", source, "--reference", reference, "--out", target]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    with open(target) as file:
        for line in file:
            if line.startswith("##INFO=<ID=CSQ"):
                names = line.split("Format: ")[1].split('"')[0].split("|")
            if line.startswith("#"):
                continue
            columns = line.rstrip("\n").split("\t")
            values = [f for f in columns[7].split(";") if f.startswith("CSQ=")]
            entries = values[0].removeprefix("CSQ=").split(",") if values else []
            entries = [dict(zip(names, entry.split("|"))) for entry in entries]
            yield int(columns[1]), columns[3], columns[4], entries


def kind(description):
    if ">" in description:
        return "substitution"
    return re.search(r"(delins|ins|del|dup|inv)[ACGT]*$", description).group(1)


def disagreement(theirs, ours):
    """The class of a disagreement."""
    if not ours:
        return "gas-annotate has no description"
    if kind(theirs) != kind(ours):
        return f"hgvs {kind(theirs)}, gas-annotate {kind(ours)}"
    offsets = lambda text: re.findall(r"(?<=\d)[-+](\d+)", text)
    if any(offset in offsets(theirs) for offset in offsets(ours)):
        return "central base of an intron (HGVS counts it with +, as gas-annotate)"
    return f"{kind(ours)} at another place"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--gff", type=Path, required=True)
    parser.add_argument("--fasta", type=Path, required=True)
    parser.add_argument("--engine", type=Path, required=True, help="the program gas-annotate")
    parser.add_argument("--reference", type=Path, required=True, help="its reference")
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--indels", type=int, default=100_000)
    parser.add_argument("--show", type=int, default=3, help="examples per class")
    options = parser.parse_args()
    contig, transcripts = read_sequence(options.fasta), read_transcripts(options.gff)
    indels = draw_indels(contig, transcripts, options.indels)
    opinion = SecondOpinion(contig, transcripts)
    pairs = equal = whole = 0
    classes = collections.defaultdict(list)
    for pos, reference, alt, entries in annotate(
        options.engine, options.reference, indels, options.work
    ):
        normalized = opinion.normalized(pos, reference, alt)
        all_equal = True
        for entry in entries:
            name = entry["Feature"]
            theirs = opinion.description(normalized, name) if name else None
            if theirs is None:
                continue
            ours = entry["HGVSc"]
            pairs += 1
            if theirs == ours:
                equal += 1
                continue
            all_equal = False
            example = f"{pos} {reference}>{alt}: hgvs {theirs}, gas-annotate {ours or 'nothing'}"
            classes[disagreement(theirs, ours)].append(example)
        whole += all_equal
    print(f"{len(indels)} indels, {whole} with the same descriptions in all transcripts, "
          f"{100 * whole / len(indels):.3f}%")
    print(f"{pairs} pairs of indel and transcript, {equal} equal, {100 * equal / pairs:.3f}% "
          f"(target {TARGET}%)")
    for name, examples in sorted(classes.items(), key=lambda item: -len(item[1])):
        print(f"    {len(examples):>6} x {name}")
        for example in examples[: options.show]:
            print(f"        {example}")
    return 100 * whole < TARGET * len(indels)


if __name__ == "__main__":
    sys.exit(main())
