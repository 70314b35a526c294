//! Consequences of an allele on a transcript, as Sequence Ontology terms.
//!
//! The rules follow the predicates of Ensembl VEP (release 115), so that results can be compared
//! term by term; functions name the predicate they implement. Where VEP and the definition of the
//! Sequence Ontology disagree, the definition is followed; the crate's README lists the differences.

mod allele_consequence;
pub mod coding;
mod coding_terms;
mod edited;
mod gene_fusion;
mod locate;
mod read_twice;
mod so_terms;
mod structural;
mod translatable;

pub use allele_consequence::AlleleConsequence;
pub use coding::Codons;
pub(crate) use coding_terms::coding_terms;
pub use edited::{CodonOutcome, EditedCoding};
pub use gas_shared::variant::{Impact, SoTerm};
pub(crate) use gene_fusion::Junctions;
pub(crate) use locate::FRAMESHIFT_INTRON_SPAN;
pub use locate::{IntronOverlap, Location, Numbers, Span, locate};
pub use so_terms::SoTerms;
pub use translatable::Translatable;
