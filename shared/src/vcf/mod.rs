//! The VCF check that browser and engine share.
