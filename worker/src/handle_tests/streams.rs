//! Tests of results that are stored while the engine writes them.

use super::*;

const HEADER: &str = r"##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n";

/// The size of the part of a result that is reported while the engine runs: two parts and a half.
const BYTES: usize = 20 << 20;

/// Writes the first bytes of a result, reports them, and runs `then`.
fn writing(fill: char, then: &str) -> String {
    format!(
        r#"{{ printf '{HEADER}'; head -c {BYTES} /dev/zero | tr '\0' {fill}; }} > "$2"
        echo '{{"event":"progress","step":"annotate","fraction":0.5,"written":{BYTES}}}'
        {then}"#
    )
}

/// Waits until most of the result is sent, and thus no longer on the disk.
const UNTIL_SENT: &str = r#"while test "$(du -k "$2" | cut -f 1)" -gt 9000; do sleep 0.02; done"#;

const END: &str = r#"echo end >> "$2"; echo x > "$3"; echo '{"event":"done","records":1}'"#;

fn expected(fill: char) -> Vec<u8> {
    let header = HEADER.replace(r"\n", "\n").replace(r"\t", "\t");
    [header.as_bytes(), &vec![u8::try_from(fill).unwrap(); BYTES], b"end\n"].concat()
}

impl Case {
    fn stored_result(&self) -> Option<Vec<u8>> {
        let (keys, job) = (&self.test.gas.object_keys, &self.job);
        self.test.objects.get(&keys.result(job.owner, job.id, &job.input.name))
    }

    /// Waits until no upload in parts is open.
    async fn until_aborted(&self) {
        for _ in 0..500 {
            if self.test.parts.open() == 0 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("an upload is open");
    }
}

#[tokio::test]
async fn a_large_result_is_stored_and_indexed_while_it_is_written() {
    let case = case(&writing('x', &format!("{UNTIL_SENT}\n{END}"))).await;
    case.receive(1).await;
    let JobState::Completed(done) = case.now().state else { panic!("{:?}", case.now()) };
    let result = case.stored_result().unwrap();
    assert!(result == expected('x'));
    assert_eq!(done.result_size, result.len() as u64);
    let index = case.test.gas.object_keys.index(case.ada.id, case.job.id, &case.job.input.name);
    assert!(case.test.objects.get(&index).unwrap() == result, "the test's index is a copy");
    assert_eq!(case.test.parts.open(), 0);
}

#[tokio::test]
async fn the_output_of_an_engine_that_begins_again_replaces_what_was_sent() {
    let again = writing('y', &format!("{UNTIL_SENT}\n{END}"));
    let again = format!(
        r#"{UNTIL_SENT}
        echo '{{"event":"progress","step":"annotate","fraction":0,"written":0}}'
        rm "$2"
        {again}"#
    );
    let case = case(&writing('x', &again)).await;
    case.receive(1).await;
    assert_eq!(case.status(), JobStatus::Completed);
    assert!(case.stored_result().unwrap() == expected('y'));
    assert_eq!(case.test.parts.open(), 0);
}

#[tokio::test]
async fn a_run_that_fails_leaves_no_result_and_no_parts() {
    for end in ["exit 1", r#"echo '{"error":"line 3: no REF","code":"ref"}' >&2; exit 2"#] {
        let case = case(&writing('x', &format!("{UNTIL_SENT}; {end}"))).await;
        case.receive(1).await;
        assert_ne!(case.status(), JobStatus::Completed);
        case.until_aborted().await;
        assert!(case.stored_result().is_none(), "{end}");
    }
}

#[tokio::test]
async fn a_worker_that_shuts_down_leaves_no_parts() {
    let begun = format!(r#"{UNTIL_SENT}; touch "$(dirname "$0")/begun"; sleep 60"#);
    let case = case(&writing('x', &begun)).await;
    let stop = async {
        case.wait_for("begun").await;
        assert_eq!(case.test.parts.open(), 1);
        case.shutdown.now();
    };
    tokio::join!(case.receive(1), stop);
    case.until_aborted().await;
    assert!(case.stored_result().is_none());
}

#[tokio::test]
async fn parts_that_could_not_be_sent_are_sent_again_in_the_same_run() {
    let script = counting_runs(&writing(
        'x',
        &format!(r#"touch "$(dirname "$0")/begun"; {UNTIL_SENT}; {END}"#),
    ));
    let case = case(&format!(
        r#"touch "$(dirname "$0")/started"
        until test -e "$(dirname "$0")/go"; do sleep 0.01; done; {script}"#
    ))
    .await;
    let outage = async {
        case.wait_for("started").await;
        case.test.outages.s3.begin();
        std::fs::write(case.folder.path().join("go"), "").unwrap();
        case.wait_for("begun").await;
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert_eq!(case.test.parts.open(), 0);
        case.test.outages.s3.end();
    };
    tokio::join!(case.receive(1), outage);
    assert_eq!((case.runs(), case.status()), (1, JobStatus::Completed));
    assert!(case.stored_result().unwrap() == expected('x'));
}

#[tokio::test]
async fn an_index_builder_that_ends_early_does_not_stop_the_result() {
    let mut case = case(&writing('x', &format!("{UNTIL_SENT}\n{END}"))).await;
    case.worker.engine.indexer = crate::engine::Template::parse("false {input}").unwrap();
    case.receive(1).await;
    assert_eq!(case.status(), JobStatus::Completed);
    assert!(case.stored_result().unwrap() == expected('x'));
    assert!(case.run_log().contains("warning: no index for the results explorer"));
}

/// A second worker, whose engine writes another text, and its folder.
fn second_worker(case: &Case) -> (Worker, TempDir) {
    let queue = Arc::new(FakeQueue::default());
    worker(&case.test, queue, &writing('y', &format!("{UNTIL_SENT}\n{END}")))
}

/// Lets the heartbeat of the first worker time out, and the second one run the job to its end.
async fn taken_over(case: &Case, second: &Worker) {
    case.test.clock.advance_secs(TIMING.heartbeat_timeout().as_secs() + 1);
    second.handle(&message(case.job.id, 2), &case.shutdown).await;
    assert_eq!(case.status(), JobStatus::Completed);
    assert!(case.stored_result().unwrap() == expected('y'));
}

#[tokio::test]
async fn a_worker_that_has_lost_its_claim_while_it_stores_a_result_leaves_that_of_the_other() {
    // The engine of the first worker ends after the takeover, or only because of it.
    for end in [END, "sleep 60"] {
        let first = format!(
            r#"{UNTIL_SENT}; touch "$(dirname "$0")/begun"
            until test -e "$(dirname "$0")/go"; do sleep 0.01; done; {end}"#
        );
        let case = case(&writing('x', &first)).await;
        let (second, _folder) = second_worker(&case);
        let takeover = async {
            case.wait_for("begun").await;
            assert_eq!((case.test.parts.open(), case.stored_result()), (1, None));
            taken_over(&case, &second).await;
            std::fs::write(case.folder.path().join("go"), "").unwrap();
        };
        tokio::join!(case.receive(1), takeover);
        case.until_aborted().await;
        assert!(case.stored_result().unwrap() == expected('y'), "{end}");
        let JobState::Completed(done) = case.now().state else { panic!("{:?}", case.now()) };
        assert_eq!(done.result_size, expected('y').len() as u64);
        assert!(case.work_folder_is_empty());
    }
}

#[tokio::test]
async fn a_worker_that_finishes_after_its_claim_was_lost_does_not_bring_a_deleted_result_back() {
    for small in [true, false] {
        let begin =
            if small { format!(r#"printf '{HEADER}' > "$2""#) } else { writing('x', UNTIL_SENT) };
        let script = format!(
            r#"{begin}; touch "$(dirname "$0")/begun"
            until test -e "$(dirname "$0")/go"; do sleep 0.01; done; {END}"#
        );
        let case = case(&script).await;
        let (second, _folder) = second_worker(&case);
        let takeover = async {
            case.wait_for("begun").await;
            taken_over(&case, &second).await;
            // As when it was archived.
            let (keys, job) = (&case.test.gas.object_keys, &case.job);
            let result = keys.result(job.owner, job.id, &job.input.name);
            case.test.gas.objects.delete(&result).await.unwrap();
            std::fs::write(case.folder.path().join("go"), "").unwrap();
        };
        tokio::join!(case.receive(1), takeover);
        case.until_aborted().await;
        assert!(case.stored_result().is_none(), "small: {small}");
    }
}

#[tokio::test]
async fn the_engine_has_precedence_over_the_index_builder_beside_it() {
    let engine = r#"nice > "$(dirname "$0")/engine.nice""#;
    let case = case(&writing('x', &format!("{engine}\n{UNTIL_SENT}\n{END}"))).await;
    let indexer = r#"nice > "$(dirname "$0")/indexer.nice"; cat "$1" > "$2""#;
    std::fs::write(case.folder.path().join("indexer.sh"), indexer).unwrap();
    case.receive(1).await;
    assert_eq!(case.status(), JobStatus::Completed);
    let [engine, indexer] = ["engine.nice", "indexer.nice"].map(|name| {
        let text = std::fs::read_to_string(case.folder.path().join(name)).unwrap();
        text.trim().parse::<i32>().unwrap()
    });
    assert!(indexer > engine || engine == 19, "{engine} and {indexer}");
}
