//! Criteria about samples: for any genotypes, the index answers as a scan of the lines does.
#![allow(clippy::unwrap_used, reason = "tests may panic")]

mod naive;

use futures::executor::block_on;
use gas_explorer::{Error, Explorer};
use gas_shared::explorer::{
    Filter, Inheritance, InheritanceMode, Query, Range, SampleFilter, Sex, Sort, Zygosity,
};
use naive::files::{numbers, open};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use std::collections::BTreeSet;

const HEADER: &str = "##fileformat=VCFv4.2\n##contig=<ID=X,length=156040895>\n\
##INFO=<ID=CSQ,Number=.,Type=String,Description=\"Format: Allele|Consequence|IMPACT|SYMBOL\">\n\
#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tkid\tdad\tmum\n";
const SAMPLES: [&str; 3] = ["kid", "dad", "mum"];

/// The calls of one record, parsed with string operations.
#[derive(Clone, Debug)]
struct Record {
    contig: String,
    pos: u32,
    genes: BTreeSet<String>,
    calls: Vec<Call>,
}

#[derive(Clone, Debug)]
struct Call {
    text: String,
    alleles: Vec<Option<u16>>,
    phased: bool,
    depth: Option<u32>,
    quality: Option<u16>,
    balance: Option<f64>,
    phase_set: String,
}

impl Call {
    fn has(&self, allele: u16) -> bool {
        self.alleles.contains(&Some(allele))
    }

    fn copies(&self, allele: u16) -> usize {
        self.alleles.iter().filter(|known| **known == Some(allele)).count()
    }

    fn called(&self) -> bool {
        self.alleles.iter().all(Option::is_some)
    }

    fn alts(&self) -> BTreeSet<u16> {
        self.alleles.iter().flatten().copied().filter(|allele| *allele > 0).collect()
    }

    fn zygosity(&self) -> Zygosity {
        let (alts, ploidy) = (self.alts(), self.alleles.len());
        match alts.iter().next() {
            None if self.called() => Zygosity::Reference,
            None => Zygosity::Missing,
            Some(alt) if self.copies(*alt) < ploidy => Zygosity::Heterozygous,
            Some(_) if ploidy == 1 => Zygosity::Hemizygous,
            Some(_) => Zygosity::Homozygous,
        }
    }
}

fn parse(line: &str) -> Record {
    let fields: Vec<&str> = line.split('\t').collect();
    let genes = fields[7].trim_start_matches("CSQ=").split(',');
    let genes = genes.filter_map(|entry| entry.split('|').nth(3)).filter(|gene| !gene.is_empty());
    let names: Vec<&str> = fields[8].split(':').collect();
    let call = |text: &&str| {
        let values: Vec<&str> = text.split(':').collect();
        let value = |name: &str| {
            let at = names.iter().position(|known| *known == name)?;
            values.get(at).copied().filter(|value| *value != ".")
        };
        let genotype = value("GT").unwrap_or(".");
        let reads: Option<Vec<f64>> =
            value("AD").and_then(|text| text.split(',').map(|n| n.parse().ok()).collect());
        Call {
            text: genotype.to_owned(),
            alleles: genotype.split(['/', '|']).map(|allele| allele.parse().ok()).collect(),
            phased: genotype.contains('|'),
            depth: value("DP").and_then(|text| text.parse().ok()),
            quality: value("GQ").and_then(|text| text.parse().ok()),
            balance: reads.and_then(|reads| {
                let all: f64 = reads.iter().sum();
                (all > 0.0).then(|| (reads[1..].iter().sum::<f64>() / all * 1e4).round() / 1e4)
            }),
            phase_set: value("PS").unwrap_or_default().to_owned(),
        }
    };
    Record {
        contig: fields[0].to_owned(),
        pos: fields[1].parse().unwrap(),
        genes: genes.map(str::to_owned).collect(),
        calls: fields[9..].iter().map(call).collect(),
    }
}

fn call_of<'a>(record: &'a Record, name: &str) -> &'a Call {
    &record.calls[SAMPLES.iter().position(|known| *known == name).unwrap()]
}

fn matches_samples(record: &Record, filter: &Filter) -> bool {
    filter.samples.iter().all(|criterion| {
        let call = call_of(record, &criterion.sample);
        let or_missing = criterion.or_missing;
        let balance = criterion.balance.is_none_or(|range| {
            call.balance.map_or(or_missing, |balance| {
                range.min.is_none_or(|min| balance >= f64::from(min) - 1e-6)
                    && range.max.is_none_or(|max| balance <= f64::from(max) + 1e-6)
            })
        });
        let depth = criterion.depth;
        let quality = criterion.quality;
        let genotypes = &criterion.genotypes;
        (genotypes.is_empty() || genotypes.contains(&call.zygosity()))
            && depth.is_none_or(|least| call.depth.map_or(or_missing, |depth| depth >= least))
            && quality.is_none_or(|least| call.quality.map_or(or_missing, |q| q >= least))
            && balance
    })
}

fn inherited(record: &Record, how: &Inheritance) -> bool {
    let child = call_of(record, &how.child);
    let parent = |name: &Option<String>| name.as_ref().map(|name| call_of(record, name));
    let (father, mother) = (parent(&how.father), parent(&how.mother));
    let carries = |call: &Call, allele| {
        call.called() && call.has(allele) && call.copies(allele) < call.alleles.len()
    };
    child.alts().into_iter().any(|allele| match how.mode {
        InheritanceMode::DeNovo => [father, mother]
            .iter()
            .all(|parent| parent.is_some_and(|parent| parent.called() && !parent.has(allele))),
        InheritanceMode::Recessive => {
            child.alleles.len() > 1
                && child.copies(allele) == child.alleles.len()
                && [father, mother].into_iter().flatten().all(|parent| carries(parent, allele))
        }
        InheritanceMode::XLinked => {
            let specific = (1..=10_000).contains(&record.pos)
                || (2_781_480..=155_701_382).contains(&record.pos);
            record.contig == "X"
                && specific
                && child.copies(allele) == child.alleles.len()
                && mother.is_none_or(|mother| carries(mother, allele))
                && father.is_none_or(|father| {
                    let all = father.copies(allele) == father.alleles.len();
                    father.called()
                        && if how.sex == Sex::Female { all } else { !father.has(allele) }
                })
        }
        InheritanceMode::CompoundHeterozygous => unreachable!(),
    })
}

/// A heterozygous allele of the child: record, allele, the parent who gave it, and its copy.
type Allele = (usize, u16, Option<char>, Option<(String, String, usize)>);

fn compound(records: &[Record], filter: &Filter, how: &Inheritance) -> BTreeSet<usize> {
    let mut alleles: Vec<(String, Allele)> = Vec::new();
    for (n, record) in records.iter().enumerate().filter(|(_, r)| matches_samples(r, filter)) {
        let child = call_of(record, &how.child);
        for allele in child.alts() {
            if child.copies(allele) == child.alleles.len() {
                continue;
            }
            let parent = |name: &Option<String>| {
                name.as_ref().map(|name| call_of(record, name)).filter(|call| call.called())
            };
            let origin = parent(&how.father).zip(parent(&how.mother)).and_then(|(f, m)| {
                match (f.has(allele), m.has(allele)) {
                    (true, false) => Some('f'),
                    (false, true) => Some('m'),
                    _ => None,
                }
            });
            let copy = (child.phased && child.alleles.len() == 2).then(|| {
                let copy = child.alleles.iter().position(|known| *known == Some(allele)).unwrap();
                (record.contig.clone(), child.phase_set.clone(), copy)
            });
            for gene in &record.genes {
                alleles.push((gene.clone(), (n, allele, origin, copy.clone())));
            }
        }
    }
    let alone = how.father.is_none() && how.mother.is_none();
    let in_trans = |a: &Allele, b: &Allele| {
        let parents = matches!((a.2, b.2), (Some('f'), Some('m')) | (Some('m'), Some('f')));
        let phase = a.3.as_ref().zip(b.3.as_ref());
        let phase = phase.is_some_and(|(a, b)| (&a.0, &a.1) == (&b.0, &b.1) && a.2 != b.2);
        parents || phase || (alone && (a.3.is_none() || b.3.is_none()))
    };
    let paired = |(gene, a): &&(String, Allele)| {
        alleles.iter().any(|(other, b)| gene == other && (a.0, a.1) != (b.0, b.1) && in_trans(a, b))
    };
    alleles.iter().filter(paired).map(|(_, (n, ..))| *n).collect()
}

fn expected(records: &[Record], filter: &Filter) -> Vec<u64> {
    let numbered = || (0..records.len()).filter(|n| matches_samples(&records[*n], filter));
    let numbers: Vec<usize> = match &filter.inheritance {
        None => numbered().collect(),
        Some(how) if how.mode == InheritanceMode::CompoundHeterozygous => {
            compound(records, filter, how).into_iter().collect()
        }
        Some(how) => numbered().filter(|n| inherited(&records[*n], how)).collect(),
    };
    numbers.into_iter().map(|n| n as u64).collect()
}

fn call() -> impl Strategy<Value = [String; 5]> {
    let genotypes =
        ["0/0", "0/1", "1/1", "0|1", "1|0", "1|1", "1/2", "0/2", "./.", "./1", "1", "0", "2|1"];
    (
        select(genotypes.to_vec()),
        select(vec![".", "0", "8", "30", "70000"]),
        select(vec![".", "0", "20", "99"]),
        select(vec![".", "0,0", "10,0", "5,5", "7,3,2", "0,9"]),
        select(vec![".", "7", "9"]),
    )
        .prop_map(|(gt, dp, gq, ad, ps)| [gt, dp, gq, ad, ps].map(str::to_owned))
}

fn line() -> impl Strategy<Value = String> {
    let fields = vec![
        vec!["GT"],
        vec!["GT", "DP", "GQ", "AD", "PS"],
        vec!["AD", "PS", "GT", "XX", "GQ"],
        vec!["DP", "GQ"],
    ];
    (
        select(vec!["1", "X"]),
        select(vec![5u32, 10_000, 10_001, 2_781_479, 2_781_480, 155_701_382, 155_701_383]),
        prop::collection::vec(select(vec!["G1", "G2", ""]), 1..3),
        select(fields),
        prop::collection::vec(call(), 3),
    )
        .prop_map(|(contig, pos, genes, fields, calls)| {
            let entry = |gene: &&str| format!("A|missense_variant|MODERATE|{gene}");
            let csq: Vec<String> = genes.iter().map(entry).collect();
            let of = |call: &[String; 5]| {
                let value = |field: &&str| match *field {
                    "GT" => call[0].clone(),
                    "DP" => call[1].clone(),
                    "GQ" => call[2].clone(),
                    "AD" => call[3].clone(),
                    "PS" => call[4].clone(),
                    _ => "x".to_owned(),
                };
                fields.iter().map(value).collect::<Vec<_>>().join(":")
            };
            let calls: Vec<String> = calls.iter().map(of).collect();
            format!(
                "{contig}\t{pos}\t.\tA\tC,G\t.\t.\tCSQ={}\t{}\t{}",
                csq.join(","),
                fields.join(":"),
                calls.join("\t")
            )
        })
}

fn criterion() -> impl Strategy<Value = SampleFilter> {
    let bound = || select(vec![None, Some(0.0f32), Some(0.25), Some(0.5), Some(1.0)]);
    (
        select(SAMPLES.to_vec()),
        subsequence(Zygosity::ALL.to_vec(), 0..4),
        select(vec![None, None, Some(8u32), Some(31)]),
        select(vec![None, None, Some(20u16)]),
        (any::<bool>(), bound(), bound()),
        any::<bool>(),
    )
        .prop_map(|(sample, genotypes, depth, quality, (bounded, min, max), or_missing)| {
            SampleFilter {
                sample: sample.to_owned(),
                genotypes,
                depth,
                quality,
                balance: bounded.then_some(Range { min, max, or_missing: false }),
                or_missing,
            }
        })
}

fn filter() -> impl Strategy<Value = Filter> {
    let how = (
        select(InheritanceMode::ALL.to_vec()),
        select(vec![Some("dad"), None]),
        select(vec![Some("mum"), None]),
        select(vec![Sex::Unknown, Sex::Male, Sex::Female]),
    )
        .prop_map(|(mode, father, mother, sex)| Inheritance {
            mode,
            child: "kid".to_owned(),
            father: father.map(str::to_owned),
            mother: mother.map(str::to_owned),
            sex,
        });
    (prop::collection::vec(criterion(), 0..2), proptest::option::weighted(0.8, how))
        .prop_map(|(samples, inheritance)| Filter { samples, inheritance, ..Filter::default() })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn criteria_about_samples_select_what_a_scan_does(
        lines in prop::collection::vec(line(), 0..40), filter in filter(), block_rows in 1u32..50,
    ) {
        let text = lines.iter().fold(HEADER.to_owned(), |text, line| text + line + "\n");
        let records: Vec<Record> = lines.iter().map(|line| parse(line)).collect();
        let explorer = open(text.as_bytes(), block_rows).unwrap();
        let found = numbers(&explorer, &filter, Sort::POSITION, 7);
        let mut found: Vec<u64> = found;
        found.sort_unstable();
        prop_assert_eq!(found, expected(&records, &filter));
        let samples = vec!["mum".to_owned(), "kid".to_owned()];
        let query = Query { samples, limit: 100, ..Query::default() };
        for row in block_on(explorer.page(&query)).unwrap().rows {
            let record = &records[row.number as usize];
            prop_assert_eq!(row.samples.len(), 2);
            for (shown, name) in row.samples.iter().zip(["mum", "kid"]) {
                let call = call_of(record, name);
                prop_assert_eq!(&shown.genotype, &call.text);
                prop_assert_eq!((shown.depth, shown.quality), (call.depth, call.quality));
                let balance = shown.balance.map(f64::from);
                let near = match (balance, call.balance) {
                    (Some(shown), Some(known)) => (shown - known).abs() < 1e-6,
                    (shown, known) => shown == known,
                };
                prop_assert!(near, "{:?} {:?}", balance, call.balance);
            }
        }
    }
}

#[test]
fn a_sample_that_the_result_lacks_is_an_error() {
    let explorer: Explorer = open(HEADER.as_bytes(), 10).unwrap();
    let filter = |sample: &str| Filter {
        samples: vec![SampleFilter::of(sample, &[Zygosity::Heterozygous])],
        ..Filter::default()
    };
    assert_eq!(block_on(explorer.count(&filter("kid"))).unwrap(), 0);
    let error = block_on(explorer.count(&filter("uncle"))).unwrap_err();
    assert!(matches!(error, Error::UnknownSample { samples: 3, .. }), "{error}");
}
