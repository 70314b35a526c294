//! Benchmarks of the explorer: building an index, filter changes with an empty and a warm cache, sort
//! orders, deep pages, and exports. Queries run on local files, and again on a store that answers as S3 does.

use crate::source::{LocalFile, Source};
use crate::synthetic::Content;
use crate::{Cache, Error, Explorer, index, synthetic};
use async_trait::async_trait;
use bytes::Bytes;
use futures::TryStreamExt;
use futures::channel::oneshot;
use futures::executor::block_on;
use gas_shared::explorer::{
    ByColumn, CONSEQUENCE, ColumnName, Direction, ExportFormat, FILE_FREQUENCY, FILTER, Filter,
    IMPACT, Preset, QUALITY, Query, RS_ID, Range, Roles, SampleFilter, Sex, Sort, SortKey,
    VARIANT_TYPE, Zygosity,
};
use gas_shared::source::SOURCE_COLUMN_KEY;
use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// One measurement.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    /// What is measured.
    pub name: String,
    /// The value.
    pub value: f64,
    /// The unit.
    pub unit: &'static str,
}

/// Size of the cache.
const CACHE_BYTES: u64 = 64 << 20;

/// Size of a cache that keeps all columns of the largest result that is measured.
const KEEPS_ALL_BYTES: u64 = 2 << 30;

/// Repetitions of each query; the median is reported.
const REPEATS: u32 = 5;

/// Rows of a page.
const PAGE_ROWS: u32 = 100;

/// Creates a synthetic result in a folder, unless it exists, then indexes and measures it. Names of filter changes start
/// with "filter".
///
/// # Errors
/// [`Error`] if the folder cannot be written or the index cannot be read.
pub fn run(folder: &Path, content: &Content) -> Result<Vec<Figure>, Error> {
    let Content { records, samples, with_sources } = *content;
    let sources = if with_sources { "-sources" } else { "" };
    let result = folder.join(format!("synthetic-{records}-{samples}{sources}.vcf"));
    if !result.exists() {
        let file = BufWriter::new(File::create(&result).map_err(Error::Output)?);
        synthetic::write_content(content, 1, file).map_err(Error::Output)?;
    }
    let mut figures = run_on(&result)?;
    if with_sources {
        figures.extend(bytes_of_columns(&result)?);
    }
    Ok(figures)
}

/// The bytes of a record that each column of a source costs: the difference between indexes with and without it.
fn bytes_of_columns(result: &Path) -> Result<Vec<Figure>, Error> {
    let declaration = format!("##{SOURCE_COLUMN_KEY}=<ID=");
    let mut header = Vec::new();
    let mut reader = BufReader::new(File::open(result).map_err(Error::Input)?);
    while reader.read_until(b'\n', &mut header).map_err(Error::Input)? > 0 {
        if header.windows(7).any(|bytes| bytes == b"\n#CHROM") {
            break;
        }
    }
    let header = String::from_utf8_lossy(&header).into_owned();
    let start = header.len() as u64;
    let bytes_with = |column: Option<&str>| {
        let is_kept = |line: &&str| {
            let declared = line.strip_prefix(&declaration);
            declared
                .is_none_or(|rest| column.is_some_and(|name| rest.starts_with(&format!("{name},"))))
        };
        let kept: String = header.split_inclusive('\n').filter(is_kept).collect();
        let mut records = File::open(result).map_err(Error::Input)?;
        records.seek(SeekFrom::Start(start)).map_err(Error::Input)?;
        let built = index::build(kept.as_bytes().chain(records), io::sink())?;
        Ok::<_, Error>(built.bytes as f64 / built.records as f64)
    };
    let without = bytes_with(None)?;
    let names =
        header.lines().filter_map(|line| line.strip_prefix(&declaration)?.split(',').next());
    let figure = |name: &str| {
        let value = bytes_with(Some(name))? - without;
        Ok(Figure { name: format!("column {name}"), value, unit: "bytes/record" })
    };
    names.map(figure).collect()
}

/// Indexes and measures a result.
///
/// # Errors
/// As [`run`].
pub fn run_on(result: &Path) -> Result<Vec<Figure>, Error> {
    let index = result.with_extension("explorer");
    let mut figures = Vec::new();
    let input = File::open(result).map_err(Error::Input)?;
    let output = File::create(&index).map_err(Error::Output)?;
    let (start, before) = (Instant::now(), cpu_milliseconds());
    let built = index::build(input, BufWriter::new(output))?;
    let seconds = start.elapsed().as_secs_f64();
    let cpu = cpu_milliseconds().zip(before).map(|(after, before)| (after - before) / 1e3);
    let mut add = |name: String, value: f64, unit| figures.push(Figure { name, value, unit });
    add("build".to_owned(), seconds, "s");
    if let Some(cpu) = cpu {
        add("build: CPU".to_owned(), cpu, "s");
    }
    add("build rate".to_owned(), built.records as f64 / seconds, "records/s");
    add("index size".to_owned(), built.bytes as f64 / 1e6, "MB");
    add("index size".to_owned(), built.bytes as f64 / built.records as f64, "bytes/record");
    let files = Files { index, result: result.to_owned() };
    let start = Instant::now();
    files.open(&Cache::new(CACHE_BYTES))?;
    add("open".to_owned(), milliseconds(start), "ms");
    for (name, query) in questions(&files)? {
        figures.extend(question(&files, name, query)?);
    }
    figures.extend(session(&files)?);
    figures.extend(distant(&files)?);
    figures.extend(exports(&files)?);
    if let Some(peak) = peak_memory() {
        figures.push(Figure { name: "peak memory".to_owned(), value: peak, unit: "MB" });
    }
    Ok(figures)
}

fn question(files: &Files, name: &str, query: Query) -> Result<Vec<Figure>, Error> {
    let (times, cpu) = repeated(files, &query)?;
    let cache = Cache::new(CACHE_BYTES);
    let explorer = files.open(&cache)?;
    let page = block_on(explorer.page(&query))?;
    let next =
        Query { offset: query.offset + u64::from(PAGE_ROWS), facets: false, ..query.clone() };
    let start = Instant::now();
    block_on(explorer.page(&next))?;
    let next = milliseconds(start);
    let figure = |what: &str, value, unit| Figure { name: format!("{what} {name}"), value, unit };
    let mut figures = vec![figure("filter:", times[times.len() / 2], "ms")];
    figures.extend(cpu.map(|cpu| figure("  CPU:", cpu, "ms")));
    figures.push(figure("  matches:", page.matched as f64, "records"));
    figures.push(figure("  next page:", next, "ms"));
    figures.push(figure("  cache:", cache.bytes() as f64 / 1e6, "MB"));
    Ok(figures)
}

/// The times of a query with an empty cache in ascending order, and the mean CPU time.
fn repeated(files: &Files, query: &Query) -> Result<(Vec<f64>, Option<f64>), Error> {
    let explorers = (0..REPEATS).map(|_| files.open(&Cache::new(CACHE_BYTES)));
    let explorers = explorers.collect::<Result<Vec<_>, _>>()?;
    let before = cpu_milliseconds();
    let mut times = Vec::new();
    for explorer in explorers {
        let start = Instant::now();
        block_on(explorer.page(query))?;
        times.push(milliseconds(start));
    }
    let spent = cpu_milliseconds().zip(before).map(|(after, before)| after - before);
    times.sort_by(f64::total_cmp);
    Ok((times, spent.map(|spent| spent / f64::from(REPEATS))))
}

/// CPU time of this process, which does not depend on the load of the machine. Linux only, in ticks
/// of ten milliseconds (proc(5), `utime`).
fn cpu_milliseconds() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/self/stat").ok()?;
    let (_, fields) = text.rsplit_once(')')?;
    let ticks = fields.split_whitespace().skip(11).take(2).map(|n| n.parse::<f64>().ok());
    ticks.sum::<Option<f64>>().map(|ticks| ticks * 10.0)
}

struct Files {
    index: std::path::PathBuf,
    result: std::path::PathBuf,
}

impl Files {
    fn open(&self, cache: &Cache) -> Result<Explorer, Error> {
        let file = |path: &Path| LocalFile::open(path).map(Arc::new).map_err(Error::Input);
        block_on(Explorer::open(file(&self.index)?, file(&self.result)?, cache.clone()))
    }
}

fn milliseconds(start: Instant) -> f64 {
    start.elapsed().as_secs_f64() * 1e3
}

/// The time of a request to an object store until its first byte.
const LATENCY: Duration = Duration::from_millis(30);

/// The bytes that one request of an object store transfers in a second.
const BYTES_PER_SECOND: f64 = 100e6;

/// A file in a store like S3: every request has the latency and the bandwidth of one connection.
struct Distant {
    file: Arc<LocalFile>,
    requests: AtomicU64,
    bytes: AtomicU64,
}

impl Distant {
    fn open(path: &Path) -> Result<Arc<Self>, Error> {
        let file = Arc::new(LocalFile::open(path).map_err(Error::Input)?);
        Ok(Arc::new(Self { file, requests: AtomicU64::new(0), bytes: AtomicU64::new(0) }))
    }
}

#[async_trait]
impl Source for Distant {
    async fn read(&self, offset: u64, length: u64) -> io::Result<Bytes> {
        self.requests.fetch_add(1, Ordering::Relaxed);
        self.bytes.fetch_add(length, Ordering::Relaxed);
        let file = self.file.clone();
        let (sender, receiver) = oneshot::channel();
        std::thread::spawn(move || {
            let start = Instant::now();
            let read = block_on(file.read(offset, length));
            let due = LATENCY + Duration::from_secs_f64(length as f64 / BYTES_PER_SECOND);
            std::thread::sleep(due.saturating_sub(start.elapsed()));
            // The query may have ended.
            let _ = sender.send(read);
        });
        receiver.await.map_err(io::Error::other)?
    }

    fn len(&self) -> u64 {
        self.file.len()
    }
}

/// Every query with an empty cache, with index and result in a distant store: the median time of the first page and its
/// requests; and the most requests for the rows of a page.
fn distant(files: &Files) -> Result<Vec<Figure>, Error> {
    let mut figures = Vec::new();
    let mut times = Vec::new();
    let mut most = 0;
    for (name, query) in questions(files)? {
        let mut of_query = Vec::new();
        let mut spent_first = (0, 0);
        for _ in 0..REPEATS {
            let (index, result) = (Distant::open(&files.index)?, Distant::open(&files.result)?);
            let cache = Cache::new(CACHE_BYTES);
            let explorer = block_on(Explorer::open(index.clone(), result.clone(), cache))?;
            let spent = |counter: fn(&Distant) -> &AtomicU64| {
                counter(&index).load(Ordering::Relaxed) + counter(&result).load(Ordering::Relaxed)
            };
            let (requests, bytes) = (spent(|s| &s.requests), spent(|s| &s.bytes));
            let start = Instant::now();
            block_on(explorer.page(&query))?;
            of_query.push(milliseconds(start));
            spent_first = (spent(|s| &s.requests) - requests, spent(|s| &s.bytes) - bytes);
        }
        of_query.sort_by(f64::total_cmp);
        let median = of_query[of_query.len() / 2];
        times.push(median);
        most = most.max(requests_of_rows(files, &query)?);
        let mut add = |what: &str, value: f64, unit| {
            figures.push(Figure { name: format!("{what} {name}"), value, unit });
        };
        add("S3:", median, "ms");
        add("  requests:", spent_first.0 as f64, "");
        add("  read:", spent_first.1 as f64 / 1e6, "MB");
    }
    times.sort_by(f64::total_cmp);
    let mut add = |name: &str, value, unit| {
        figures.push(Figure { name: name.to_owned(), value, unit });
    };
    add("S3: median of all", times[times.len() / 2], "ms");
    add("S3: slowest median", times[times.len() - 1], "ms");
    add("S3: requests of the rows of a page, at most", most as f64, "");
    Ok(figures)
}

/// The requests for the rows in the middle of a query's records: everything else was read for the first page, and is in
/// a cache that keeps all of it.
fn requests_of_rows(files: &Files, query: &Query) -> Result<u64, Error> {
    let (index, result) = (Distant::open(&files.index)?, Distant::open(&files.result)?);
    let cache = Cache::new(KEEPS_ALL_BYTES);
    let explorer = block_on(Explorer::open(index.clone(), result.clone(), cache))?;
    let matched = block_on(explorer.page(query))?.matched;
    let spent = || index.requests.load(Ordering::Relaxed) + result.requests.load(Ordering::Relaxed);
    let before = spent();
    let middle = Query { offset: matched / 2, facets: false, ..query.clone() };
    block_on(explorer.page(&middle))?;
    Ok(spent() - before)
}

/// All queries in sequence with one cache, as in the session of one user.
fn session(files: &Files) -> Result<Vec<Figure>, Error> {
    let cache = Cache::new(CACHE_BYTES);
    let explorer = files.open(&cache)?;
    let mut times = Vec::new();
    for (_, query) in questions(files)?.into_iter().chain(questions(files)?.into_iter().rev()) {
        let start = Instant::now();
        block_on(explorer.page(&query))?;
        times.push(milliseconds(start));
    }
    times.sort_by(f64::total_cmp);
    let figure = |name: &str, value| Figure { name: name.to_owned(), value, unit: "ms" };
    Ok(vec![
        figure("session: median", times[times.len() / 2]),
        figure("session: slowest", times[times.len() - 1]),
    ])
}

fn exports(files: &Files) -> Result<Vec<Figure>, Error> {
    let mut figures = Vec::new();
    for (name, format) in [
        ("VCF", ExportFormat::Vcf),
        ("VCF.gz", ExportFormat::VcfGz),
        ("TSV", ExportFormat::Tsv),
        ("CSV", ExportFormat::Csv),
        ("XLSX", ExportFormat::Xlsx),
        ("JSON lines", ExportFormat::JsonLines),
        ("Parquet", ExportFormat::Parquet),
        ("MAF", ExportFormat::Maf),
    ] {
        let explorer = Arc::new(files.open(&Cache::new(CACHE_BYTES))?);
        let start = Instant::now();
        let records = explorer.records();
        let stream = explorer.export(Filter::default(), format);
        block_on(stream.try_for_each(|_| async { Ok(()) }))?;
        // Bytes cannot be compared, because some formats are compressed.
        let rate = records as f64 / start.elapsed().as_secs_f64();
        figures.push(Figure {
            name: format!("export of all as {name}"),
            value: rate,
            unit: "records/s",
        });
    }
    Ok(figures)
}

fn questions(files: &Files) -> Result<Vec<(&'static str, Query)>, Error> {
    let query = |filter: Filter, sort| Query {
        filter,
        sort,
        limit: PAGE_ROWS,
        facets: true,
        ..Query::default()
    };
    let filters = filters(files)?.into_iter();
    let mut questions: Vec<_> =
        filters.map(|(name, filter)| (name, query(filter, Sort::default()))).collect();
    let sort = |key, direction| query(Filter::default(), Sort { key, direction });
    let by_quality = sort(SortKey::Column(QUALITY.name.clone()), Direction::Descending);
    questions.extend(
        inheritance(files)?
            .into_iter()
            .map(|(name, filter)| (name, query(filter, Sort::default()))),
    );
    questions.extend(
        of_sources(files)?.into_iter().map(|(name, filter)| (name, query(filter, Sort::default()))),
    );
    questions.extend([
        ("all, by position", query(Filter::default(), Sort::POSITION)),
        ("PASS, by position", query(Filter::of_values(&FILTER, &["PASS"]), Sort::POSITION)),
        (
            "everything at once",
            query(
                everything(),
                Sort { key: SortKey::Column(FILE_FREQUENCY.name.clone()), ..Sort::default() },
            ),
        ),
        ("by quality", by_quality.clone()),
        ("by frequency", sort(SortKey::Column(FILE_FREQUENCY.name.clone()), Direction::Ascending)),
        ("by gene", sort(SortKey::Gene, Direction::Ascending)),
        ("by position, backwards", sort(SortKey::Position, Direction::Descending)),
        ("by quality, row 500,000 on", Query { offset: 500_000, ..by_quality }),
    ]);
    Ok(questions)
}

fn filters(files: &Files) -> Result<Vec<(&'static str, Filter)>, Error> {
    // A gene and an identifier that the result has.
    let explorer = files.open(&Cache::new(CACHE_BYTES))?;
    let known = Filter::of_values(&RS_ID, &["yes"]);
    let middle = explorer.records() / 3;
    let some = Query { filter: known, offset: middle, limit: 1, ..Query::default() };
    let row = block_on(explorer.page(&some))?.rows.pop();
    let id = row.and_then(|row| row.ids.first().cloned()).unwrap_or_default();
    let gene = explorer.genes_with_prefix("", 2).pop().unwrap_or_default().to_owned();
    let all = Filter::default;
    let region = "1:1,000,000-30,000,000".parse();
    let good = Range { min: Some(100.0), ..Range::default() };
    Ok(vec![
        ("all", all()),
        ("region", Filter { regions: region.into_iter().collect(), ..all() }),
        ("gene", Filter { genes: vec![gene], ..all() }),
        ("consequence", Filter::of_values(&CONSEQUENCE, &["missense_variant"])),
        ("impact", Filter::of_values(&IMPACT, &["high"])),
        ("type", Filter::of_values(&VARIANT_TYPE, &["deletion"])),
        ("rsID", Filter::of_values(&RS_ID, &["no"])),
        ("identifier", Filter { ids: vec![id], ..all() }),
        ("frequency", Filter::of_range(&FILE_FREQUENCY, RARE)),
        ("quality", Filter::of_range(&QUALITY, good)),
        ("PASS", Filter::of_values(&FILTER, &["PASS"])),
        ("text", Filter { text: "rs1234".to_owned(), ..all() }),
    ])
}

/// Criteria about the first three samples, if the result has them.
fn inheritance(files: &Files) -> Result<Vec<(&'static str, Filter)>, Error> {
    let explorer = files.open(&Cache::new(CACHE_BYTES))?;
    let [child, father, mother, ..] = explorer.samples() else { return Ok(Vec::new()) };
    let roles = Roles {
        child: child.clone(),
        father: Some(father.clone()),
        mother: Some(mother.clone()),
        sex: Sex::Male,
    };
    let presets = Preset::ALL.into_iter().filter(|preset| matches!(preset, Preset::Inherited(_)));
    let presets = presets.filter_map(|preset| {
        Some((preset.label(), preset.filter(Some(&roles), explorer.columns())?))
    });
    let mut filters: Vec<_> = presets.collect();
    let deep = SampleFilter {
        depth: Some(30),
        quality: Some(60),
        ..SampleFilter::of(child, &[Zygosity::Heterozygous])
    };
    filters.push(("a call", Filter { samples: vec![deep], ..Filter::default() }));
    Ok(filters)
}

/// Criteria about columns of sources, if the result has them: dense and sparse ones, and a selective one.
fn of_sources(files: &Files) -> Result<Vec<(&'static str, Filter)>, Error> {
    let explorer = files.open(&Cache::new(CACHE_BYTES))?;
    let number = |name: &'static str, range| Filter::of_range(&ColumnName::Borrowed(name), range);
    let category =
        |name: &'static str, value| Filter::of_values(&ColumnName::Borrowed(name), &[value]);
    let high = Range { min: Some(0.9), ..Range::default() };
    let top = Range { min: Some(39.99), ..Range::default() };
    let dense = Range { min: Some(30.0), ..Range::default() };
    let filters = [
        ("population AF", "population_AF", number("population_AF", RARE)),
        ("dense score", "dense_score", number("dense_score", dense)),
        ("dense score, few records", "dense_score", number("dense_score", top)),
        ("missense score", "missense_score", number("missense_score", high)),
        ("missense class", "missense_class", category("missense_class", "likely_pathogenic")),
        ("flag", "in_repeat", category("in_repeat", "1")),
    ];
    // Results that are not synthetic have other columns.
    let is_there =
        |name: &str| explorer.columns().sources().iter().any(|source| source.name == name);
    let found = filters.into_iter().filter(|(_, column, _)| is_there(column));
    Ok(found.map(|(name, _, filter)| (name, filter)).collect())
}

const RARE: Range = Range { min: None, max: Some(0.001), or_missing: true };

fn everything() -> Filter {
    let filter = Filter {
        ranges: ByColumn::of(&FILE_FREQUENCY, RARE).with(&QUALITY, QUALITY.filter.range(30.0)),
        text: "1".to_owned(),
        ..Filter::default()
    };
    filter
        .with_values(&IMPACT, &["high", "moderate"])
        .with_values(&VARIANT_TYPE, &["snv"])
        .with_values(&RS_ID, &["yes"])
        .with_values(&FILTER, &["PASS"])
}

/// Peak memory of this process in megabytes; Linux only.
fn peak_memory() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse::<f64>().ok().map(|kib| kib * 1024.0 / 1e6)
}
