//! What an allele does to a transcript, in Sequence Ontology terms.
//!
//! The rules are those of Ensembl VEP's predicates (release 115), so that results can be compared
//! term by term; each function says which predicate it stands for.

pub mod coding;
mod coding_terms;
mod effect;
mod locate;
mod so_terms;
mod structural;

pub use coding::{Codons, Translatable};
pub use effect::Effect;
pub use gas_shared::variant::{Impact, SoTerm};
pub use locate::{IntronEffects, Location, Numbers, Span, locate};
pub use so_terms::SoTerms;
