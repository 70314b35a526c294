//! Builds a reference from gene models, sequence and tracks (`gas-annotate build-reference`).

use super::assemble::assemble;
use super::fasta::FastaCopy;
use super::gff::{Features, read_features};
use super::manifest::{
    Contig, FORMAT, Manifest, ReferenceFile, Source, TaggedTranscripts, TrackEntry, contig_names,
};
use super::read_stop_codons::mark_read_stop_codons;
use super::recognized_code::{leave_out_other_codes, recognize_prokaryote};
use super::splice::splice;
use super::stop_codons::complete_stop_codons;
use super::{MANIFEST, MODELS, SEQUENCE, SPLICED};
use crate::Error;
use crate::colocated::{self, BuiltTrack, Genome};
use crate::contig_names::ContigNames;
use crate::model::{ContigModel, TranscriptFlags};
use crate::source_file::SourceFile;
use gas_shared::assembly::{Assembly, plain_name};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufWriter, Read, Write};
use std::path::{Path, PathBuf};

/// What to build a reference from.
#[derive(Clone, Debug)]
pub struct BuildOptions {
    /// Gene models in GFF3 or GTF; the models of several files are combined.
    pub gff: Vec<PathBuf>,
    /// Sequences in FASTA; the contigs of several files are combined.
    pub fasta: Vec<PathBuf>,
    /// Tracks from VCF files, each with a name.
    pub vcf_tracks: Vec<(String, PathBuf)>,
    /// Tracks from BED files, each with a name.
    pub bed_tracks: Vec<(String, PathBuf)>,
    /// Assembly name.
    pub assembly: String,
    /// The folder of the reference. It is created if it does not exist.
    pub out: PathBuf,
}

/// Builds a reference and returns its manifest.
///
/// # Errors
/// [`Error`] if a source file is unusable or the reference cannot be written.
pub fn build_reference(options: &BuildOptions) -> Result<Manifest, Error> {
    let out = &options.out;
    fs::create_dir_all(out).map_err(Error::file(out))?;
    let mut sources = Vec::new();
    let mut contigs = write_sequence(options, &mut sources)?;
    let sequence = fs::File::open(out.join(SEQUENCE)).map_err(Error::file(out.join(SEQUENCE)))?;
    let sequence = super::map_file(&sequence).map_err(Error::file(out.join(SEQUENCE)))?;
    let names = contig_names(&contigs, &options.assembly);
    let mut notes = Vec::new();
    let genome = Genome::new(&names, &contigs, &sequence, &options.assembly);
    let tracks = write_tracks(options, genome, &mut sources, &mut notes)?;
    let mut models: Vec<ContigModel> = contigs.iter().map(|_| ContigModel::default()).collect();
    let mut left_out = BTreeMap::new();
    let mut left_out_regions = BTreeMap::new();
    for path in &options.gff {
        let mut source = SourceFile::open(path)?;
        let found = read_features(&mut source)?;
        mark_mitochondria(&mut contigs, &found, &names);
        let genome = Genome::new(&names, &contigs, &sequence, &options.assembly);
        let other_length = check_assembly(&found, genome)
            .map_err(|(line, reason)| Error::Source { path: path.clone(), line, reason })?;
        notes.extend(other_length);
        let mut built = assemble(&found, &contigs, &names);
        let is_empty = built.models.iter().all(|model| model.transcripts.is_empty());
        if let Some(first) = built.left_out.notes.first().filter(|_| is_empty)
            && built.left_out.is_without_sequence()
        {
            return Err(source.error(format!("no contig of the file has a sequence ({first})")));
        }
        leave_out_other_codes(&mut built, &contigs, &sequence);
        if !found.has_stop_codons {
            notes.extend(complete_stop_codons(&mut built.models, &contigs, &sequence));
        }
        notes.extend(recognize_prokaryote(&mut built.models, &contigs, &sequence));
        notes.extend(built.ignored_phases.take());
        notes.extend(mark_read_stop_codons(&mut built.models, &contigs, &sequence));
        built.exceptions.add_sense_codons(&built.models, &contigs, &sequence);
        notes.extend(built.exceptions.into_notes());
        sources.push(describe(&source, "gff"));
        notes.extend(found.skipped.iter().take(10).cloned());
        if found.skipped.len() > 10 {
            notes.push(format!("{} more lines are not features", found.skipped.len() - 10));
        }
        built.left_out.add_counts(&mut left_out);
        for (number, region) in built.left_out.regions {
            let name = &contigs[number as usize].name;
            left_out_regions.entry(name.clone()).or_insert_with(Vec::new).push(region);
        }
        notes.extend(built.left_out.notes);
        for (whole, part) in models.iter_mut().zip(built.models) {
            append(whole, part);
        }
    }
    left_out_regions.values_mut().for_each(join_regions);
    write_spliced(out, &contigs, &sequence, &mut models)?;
    let bytes = postcard::to_stdvec(&models)
        .map_err(|e| Error::Reference { path: out.clone(), reason: e.to_string() })?;
    fs::write(out.join(MODELS), bytes).map_err(Error::file(out.join(MODELS)))?;
    let mut files: Vec<ReferenceFile> = [SEQUENCE, SPLICED, MODELS]
        .iter()
        .map(|f| describe_file(out, f))
        .collect::<Result<_, _>>()?;
    for track in &tracks {
        files.push(describe_file(out, &track.file)?);
    }
    let manifest = Manifest {
        format: FORMAT,
        assembly: options.assembly.clone(),
        genes: models.iter().map(|m| m.genes.len() as u64).sum(),
        transcripts: models.iter().map(|m| m.transcripts.len() as u64).sum(),
        tagged: tagged(&models),
        contigs,
        tracks,
        sources,
        files,
        left_out,
        left_out_regions,
        notes,
    };
    write_manifest(out, &manifest)?;
    Ok(manifest)
}

fn write_sequence(options: &BuildOptions, sources: &mut Vec<Source>) -> Result<Vec<Contig>, Error> {
    let path = options.out.join(SEQUENCE);
    let mut writer = BufWriter::new(File::create(&path).map_err(Error::file(&path))?);
    let mut copy = FastaCopy::default();
    for fasta in &options.fasta {
        let mut source = SourceFile::open(fasta)?;
        copy.append(&mut source, &mut writer)?;
        check_lengths(&copy.contigs, &options.assembly).map_err(|reason| source.error(reason))?;
        sources.push(describe(&source, "fasta"));
    }
    writer.flush().map_err(Error::file(&path))?;
    Ok(copy.contigs)
}

/// Marks the contigs that a file of gene models calls mitochondria.
fn mark_mitochondria(contigs: &mut [Contig], found: &Features, names: &ContigNames) {
    for name in found.mitochondria() {
        let number = names.resolve(name.as_bytes());
        if let Some(contig) = number.and_then(|number| contigs.get_mut(number as usize)) {
            contig.mitochondrial = true;
        }
    }
}

/// Checks that a file of gene models does not say that it is of another assembly. Returns a note about the
/// first contig of another length. The error has the line.
fn check_assembly(found: &Features, genome: Genome<'_>) -> Result<Option<String>, (u64, String)> {
    let other = |text: &str| {
        Assembly::named(text)
            .filter(|other| genome.names.assembly().is_some_and(|own| own != *other))
    };
    for (line, text) in &found.assemblies {
        if let Some(other) = other(text) {
            let own = genome.assembly;
            let reason =
                format!("the file is of {} ({text}), the reference is of {own}", other.name);
            return Err((*line, reason));
        }
    }
    // A file that was mapped to another assembly may have kept its regions.
    let names_own =
        found.assemblies.iter().any(|(_, text)| Assembly::named(text) == genome.names.assembly());
    let mut note = None;
    for (line, name, length) in &found.regions {
        let found = match genome.check_length(name, *length) {
            Err(reason) if names_own => Some(reason),
            found => found.map_err(|reason| (*line, reason))?,
        };
        note = note.or(found);
    }
    Ok(note)
}

/// Checks that no chromosome has the length that it has in another assembly than the named one.
fn check_lengths(contigs: &[Contig], assembly: &str) -> Result<(), String> {
    let Some(named) = Assembly::named(assembly) else { return Ok(()) };
    let other =
        |c: &Contig| Some((c.clone(), named.contradicted_by(&plain_name(&c.name), c.length)?));
    match contigs.iter().find_map(other) {
        Some((contig, found)) => Err(format!(
            "contig {} has {} bases, as in {}; --assembly is {assembly}",
            contig.name, contig.length, found.name
        )),
        None => Ok(()),
    }
}

/// Sorts regions and joins those that overlap or touch.
fn join_regions(regions: &mut Vec<(i32, i32)>) {
    regions.sort_unstable();
    regions.dedup_by(|next, last| {
        let joins = next.0 <= last.1.saturating_add(1);
        if joins {
            last.1 = last.1.max(next.1);
        }
        joins
    });
}

fn tagged(models: &[ContigModel]) -> TaggedTranscripts {
    let count = |has_tag: fn(&TranscriptFlags) -> bool| {
        let transcripts = models.iter().flat_map(|model| &model.transcripts);
        transcripts.filter(|transcript| has_tag(&transcript.flags)).count() as u64
    };
    TaggedTranscripts {
        canonical: count(|flags| flags.canonical),
        mane_select: count(|flags| flags.mane_select),
        mane_plus_clinical: count(|flags| flags.mane_plus),
    }
}

fn append(whole: &mut ContigModel, part: ContigModel) {
    let shift = whole.genes.len() as u32;
    whole.genes.extend(part.genes);
    whole.transcripts.extend(part.transcripts.into_iter().map(|mut t| {
        t.gene += shift;
        t
    }));
}

/// Writes the spliced sequence of every transcript, so that annotation does not have to splice.
fn write_spliced(
    out: &Path,
    contigs: &[Contig],
    sequence: &[u8],
    models: &mut [ContigModel],
) -> Result<(), Error> {
    let path = out.join(SPLICED);
    let mut writer = BufWriter::new(File::create(&path).map_err(Error::file(&path))?);
    let mut offset = 0u64;
    let mut bases = Vec::new();
    for (contig, model) in contigs.iter().zip(models) {
        let from = contig.offset as usize;
        let bases_of = &sequence[from..from + contig.length as usize];
        for transcript in &mut model.transcripts {
            let exons = transcript.exons.iter().map(|e| (e.start, e.end));
            splice(&mut bases, bases_of, exons, transcript.strand);
            transcript.offset = offset;
            offset += bases.len() as u64;
            writer.write_all(&bases).map_err(Error::file(&path))?;
            let Some(cds) = &mut transcript.cds else { continue };
            if !cds.has_slippage() {
                cds.offset = transcript.offset + cds.cdna_start as u64 - 1;
                continue;
            }
            splice(
                &mut bases,
                bases_of,
                cds.segments.iter().map(|s| (s.start, s.end)),
                transcript.strand,
            );
            cds.offset = offset;
            offset += bases.len() as u64;
            writer.write_all(&bases).map_err(Error::file(&path))?;
        }
    }
    writer.flush().map_err(Error::file(&path))
}

fn write_tracks(
    options: &BuildOptions,
    genome: Genome<'_>,
    sources: &mut Vec<Source>,
    notes: &mut Vec<String>,
) -> Result<Vec<TrackEntry>, Error> {
    let vcf = options.vcf_tracks.iter().map(|t| (t, false));
    let bed = options.bed_tracks.iter().map(|t| (t, true));
    let mut entries: Vec<TrackEntry> = Vec::new();
    for ((name, path), is_bed) in vcf.chain(bed) {
        let mut source = SourceFile::open(path)?;
        colocated::check_name(name, is_bed).map_err(|reason| source.error(reason))?;
        if entries.iter().any(|entry| entry.name == *name) {
            return Err(source.error(format!("there are two tracks of the name {name}")));
        }
        let kind = colocated::kind_of(name, is_bed);
        let BuiltTrack { bytes, entries: records, notes: left_out } =
            kind.build(name, &mut source, genome)?;
        notes.extend(left_out);
        let file = format!("track-{name}.bin");
        fs::write(options.out.join(&file), bytes).map_err(Error::file(options.out.join(&file)))?;
        sources.push(describe(&source, name));
        entries.push(TrackEntry { name: name.clone(), kind: kind.name.to_owned(), file, records });
    }
    Ok(entries)
}

fn describe(source: &SourceFile, role: &str) -> Source {
    let file = source.path.file_name().map(|n| n.to_string_lossy().into_owned());
    Source { role: role.to_owned(), file: file.unwrap_or_default(), sha256: source.sha256() }
}

fn describe_file(out: &Path, file: &str) -> Result<ReferenceFile, Error> {
    let path = out.join(file);
    let (bytes, sha256) = checksum(&path)?;
    Ok(ReferenceFile { file: file.to_owned(), bytes, sha256 })
}

/// The length and SHA-256 of a file.
pub(crate) fn checksum(path: &Path) -> Result<(u64, String), Error> {
    let mut file = File::open(path).map_err(Error::file(path))?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    let mut bytes = 0;
    loop {
        let n = file.read(&mut buffer).map_err(Error::file(path))?;
        if n == 0 {
            break;
        }
        hash.update(&buffer[..n]);
        bytes += n as u64;
    }
    Ok((bytes, hash.finalize().iter().map(|b| format!("{b:02x}")).collect()))
}

fn write_manifest(out: &Path, manifest: &Manifest) -> Result<(), Error> {
    let path = out.join(MANIFEST);
    let text = serde_json::to_string_pretty(manifest)
        .map_err(|e| Error::Reference { path: out.to_owned(), reason: e.to_string() })?;
    fs::write(&path, text + "\n").map_err(Error::file(&path))
}
