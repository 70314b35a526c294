//! Links from a variant to other databases.

use crate::format;
use dioxus::prelude::*;
use gas_shared::Provenance;
use gas_shared::assembly::{Assembly, is_mitochondrial, plain_name};
use gas_shared::explorer::Row;

/// The longest allele in an address.
const MAX_ALLELE: usize = 100;

/// A human assembly that other databases have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HumanAssembly {
    Grch37,
    Grch38,
}

impl HumanAssembly {
    /// The assembly that a result was annotated with. `None` for other assemblies, and for private references, whose
    /// sequences and identifiers other databases need not have.
    pub fn of(provenance: &Provenance) -> Option<Self> {
        let named = |name| Assembly::is_same(&provenance.assembly, name);
        match () {
            () if provenance.reference.is_private() => None,
            () if named("GRCh37") => Some(Self::Grch37),
            () if named("GRCh38") => Some(Self::Grch38),
            () => None,
        }
    }

    const fn ensembl(self) -> &'static str {
        match self {
            Self::Grch37 => "https://grch37.ensembl.org",
            Self::Grch38 => "https://www.ensembl.org",
        }
    }

    /// Ensembl's page of a gene or transcript; `None` for an identifier that is not Ensembl's, such as the synthetic
    /// ones of the demo reference.
    pub fn ensembl_page(self, identifier: &str) -> Option<String> {
        let stable = identifier.split('.').next()?;
        let digits = ["ENSG", "ENST", "ENSP"].iter().find_map(|kind| stable.strip_prefix(kind))?;
        let is_stable = digits.len() == 11 && digits.bytes().all(|byte| byte.is_ascii_digit());
        is_stable.then(|| format!("{}/id/{stable}", self.ensembl()))
    }
}

/// The pages of other databases about a variant: their names and addresses.
pub fn links(row: &Row, assembly: Option<HumanAssembly>) -> Vec<(String, String)> {
    let Some(assembly) = assembly else { return Vec::new() };
    let mut links = Vec::new();
    let mut add = |name: &str, to: String| links.push((name.to_owned(), to));
    for rs in row.ids.iter().filter(|id| is_rs(id)) {
        add(&format!("dbSNP {rs}"), format!("https://www.ncbi.nlm.nih.gov/snp/{rs}"));
    }
    let (chromosome, is_mitochondrial) = (plain_name(&row.chrom), is_mitochondrial(&row.chrom));
    let is_chromosome = match chromosome.as_str() {
        "X" | "Y" => true,
        _ if is_mitochondrial => true,
        number => number.parse().is_ok_and(|number: u8| (1..=22).contains(&number)),
    };
    if !is_chromosome {
        return links;
    }
    let start = row.pos;
    let bases = if is_sequence(&row.reference) { row.reference.len() as u32 } else { 1 };
    let end = start.saturating_add(bases - 1);
    let chromosome = if is_mitochondrial { "MT" } else { chromosome.as_str() };
    // gnomAD 2.1, the last one on GRCh37, has no mitochondrial variants.
    let gnomad = match (assembly, is_mitochondrial) {
        (HumanAssembly::Grch37, false) => Some((chromosome, "gnomad_r2_1")),
        (HumanAssembly::Grch37, true) => None,
        (HumanAssembly::Grch38, false) => Some((chromosome, "gnomad_r4")),
        (HumanAssembly::Grch38, true) => Some(("M", "gnomad_r4")),
    };
    let alternatives: Vec<&str> = row.alt.split(',').filter(|alt| is_sequence(alt)).collect();
    if let Some((chromosome, data_set)) = gnomad.filter(|_| is_sequence(&row.reference)) {
        for alt in &alternatives {
            let name = if alternatives.len() == 1 {
                "gnomAD".to_owned()
            } else {
                format!("gnomAD {}", format::shortened(alt, 10))
            };
            let variant = format!("{chromosome}-{start}-{}-{alt}", row.reference);
            let to =
                format!("https://gnomad.broadinstitute.org/variant/{variant}?dataset={data_set}");
            add(&name, to);
        }
    }
    let position = match assembly {
        HumanAssembly::Grch37 => "chrpos37",
        HumanAssembly::Grch38 => "chrpos38",
    };
    add(
        "ClinVar",
        format!(
            "https://www.ncbi.nlm.nih.gov/clinvar/?term={chromosome}%5Bchr%5D+AND+{start}%5B{position}%5D"
        ),
    );
    let region = format!("{chromosome}:{start}-{end}");
    add("Ensembl", format!("{}/Homo_sapiens/Location/View?r={region}", assembly.ensembl()));
    // UCSC's chrM of hg19 is another sequence than that of GRCh37, which it has as chrMT.
    let (database, chromosome) = match (assembly, is_mitochondrial) {
        (HumanAssembly::Grch37, _) => ("hg19", chromosome),
        (HumanAssembly::Grch38, true) => ("hg38", "M"),
        (HumanAssembly::Grch38, false) => ("hg38", chromosome),
    };
    add(
        "UCSC",
        format!(
            "https://genome.ucsc.edu/cgi-bin/hgTracks?db={database}&position=chr{chromosome}:{start}-{end}"
        ),
    );
    links
}

/// A link to another site, in a new tab and without a referrer.
#[component]
pub fn Outside(to: String, children: Element) -> Element {
    rsx! {
        a { href: to, target: "_blank", rel: "noreferrer", {children} }
    }
}

fn is_rs(id: &str) -> bool {
    id.strip_prefix("rs").is_some_and(|digits| {
        !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
    })
}

/// Whether an allele consists of bases, and is short enough for an address.
fn is_sequence(allele: &str) -> bool {
    !allele.is_empty()
        && allele.len() <= MAX_ALLELE
        && allele.bytes().all(|base| matches!(base, b'A' | b'C' | b'G' | b'T'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(chrom: &str, reference: &str, alt: &str) -> Row {
        Row {
            chrom: chrom.to_owned(),
            pos: 100,
            reference: reference.to_owned(),
            alt: alt.to_owned(),
            ids: vec!["rs12".to_owned(), "COSV1".to_owned()],
            ..Row::default()
        }
    }

    fn addresses(row: &Row, assembly: HumanAssembly) -> Vec<String> {
        links(row, Some(assembly)).into_iter().map(|(_, to)| to).collect()
    }

    #[test]
    fn links_are_of_the_assembly() {
        let snv = row("chr20", "A", "G");
        assert_eq!(
            addresses(&snv, HumanAssembly::Grch37),
            [
                "https://www.ncbi.nlm.nih.gov/snp/rs12",
                "https://gnomad.broadinstitute.org/variant/20-100-A-G?dataset=gnomad_r2_1",
                "https://www.ncbi.nlm.nih.gov/clinvar/?term=20%5Bchr%5D+AND+100%5Bchrpos37%5D",
                "https://grch37.ensembl.org/Homo_sapiens/Location/View?r=20:100-100",
                "https://genome.ucsc.edu/cgi-bin/hgTracks?db=hg19&position=chr20:100-100",
            ]
        );
        assert_eq!(
            addresses(&row("20", "AT", "A,ATT"), HumanAssembly::Grch38),
            [
                "https://www.ncbi.nlm.nih.gov/snp/rs12",
                "https://gnomad.broadinstitute.org/variant/20-100-AT-A?dataset=gnomad_r4",
                "https://gnomad.broadinstitute.org/variant/20-100-AT-ATT?dataset=gnomad_r4",
                "https://www.ncbi.nlm.nih.gov/clinvar/?term=20%5Bchr%5D+AND+100%5Bchrpos38%5D",
                "https://www.ensembl.org/Homo_sapiens/Location/View?r=20:100-101",
                "https://genome.ucsc.edu/cgi-bin/hgTracks?db=hg38&position=chr20:100-101",
            ]
        );
        assert_eq!(links(&snv, None), []);
    }

    #[test]
    fn the_mitochondrion_has_the_names_of_each_database() {
        let old = addresses(&row("MT", "A", "G"), HumanAssembly::Grch37).join(" ");
        assert!(old.contains("hg19&position=chrMT:100") && !old.contains("gnomad"), "{old}");
        let new = addresses(&row("chrM", "A", "G"), HumanAssembly::Grch38).join(" ");
        assert!(new.contains("hg38&position=chrM:100") && new.contains("/M-100-A-G?"), "{new}");
    }

    #[test]
    fn other_contigs_and_alleles_have_no_links_by_position() {
        let all = addresses(&row("GL000192.1", "A", "G"), HumanAssembly::Grch37);
        assert_eq!(all, ["https://www.ncbi.nlm.nih.gov/snp/rs12"]);
        let symbolic = addresses(&row("1", "N", "<DEL>"), HumanAssembly::Grch38).join(" ");
        assert!(!symbolic.contains("gnomad") && symbolic.contains("ucsc"), "{symbolic}");
    }

    #[test]
    fn only_identifiers_of_ensembl_are_linked_to_ensembl() {
        let page = |id| HumanAssembly::Grch37.ensembl_page(id);
        let gene = page("ENSG00000125788.5");
        assert_eq!(gene.as_deref(), Some("https://grch37.ensembl.org/id/ENSG00000125788"));
        for other in ["ENSTX000003", "GENE00007", "NM_000059.4", "ENSMUSG00000000001", ""] {
            assert_eq!(page(other), None, "{other}");
        }
    }
}
