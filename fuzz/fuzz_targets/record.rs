//! Annotates arbitrary bytes as a record, on the demo reference.
#![no_main]

use gas_annotate::annotate::Annotator;
use gas_annotate::annotation_format::AnnotationFormat;
use gas_fuzz::demo::REFERENCE;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut annotator = Annotator::new(&REFERENCE, 0, AnnotationFormat::Csq);
    let mut out = Vec::new();
    let _ = annotator.record(1, bytes, &mut out);
});
