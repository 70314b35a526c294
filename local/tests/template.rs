//! Checks `deploy/template.yaml` for protections that nothing in the code would miss: TLS, encryption,
//! versions, alarms and the limits of roles.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::fs;
use std::path::Path;

/// A resource of the template.
struct Resource {
    name: String,
    kind: String,
    /// Its lines, without comments.
    text: String,
}

/// The resources, which are indented by two spaces in the section `Resources`.
fn resources() -> Vec<Resource> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/template.yaml");
    let template = fs::read_to_string(path).unwrap();
    let section = template.split("\nResources:\n").nth(1).unwrap().split("\nOutputs:\n").next();
    let mut all: Vec<Resource> = Vec::new();
    for line in section.unwrap().lines().filter(|line| !line.trim_start().starts_with('#')) {
        let name = line.strip_prefix("  ").and_then(|rest| rest.strip_suffix(':'));
        if let Some(name) = name.filter(|name| !name.starts_with(' ')) {
            all.push(Resource { name: name.to_owned(), kind: String::new(), text: String::new() });
        } else if let Some(last) = all.last_mut() {
            if let Some(kind) = line.strip_prefix("    Type: ") {
                kind.clone_into(&mut last.kind);
            }
            last.text.push_str(line);
            last.text.push('\n');
        }
    }
    assert!(all.len() > 40 && all.iter().all(|one| !one.kind.is_empty()));
    all
}

fn of<'a>(all: &'a [Resource], kind: &'a str) -> impl Iterator<Item = &'a Resource> {
    all.iter().filter(move |one| one.kind == kind)
}

fn assert_contains(resource: &Resource, parts: &[&str]) {
    for part in parts {
        assert!(resource.text.contains(part), "{}: {part}", resource.name);
    }
}

#[test]
fn every_bucket_rejects_requests_without_tls_and_is_private_and_encrypted() {
    let all = resources();
    assert!(of(&all, "AWS::S3::Bucket").count() >= 3);
    for bucket in of(&all, "AWS::S3::Bucket") {
        let name = &bucket.name;
        let reference = format!("Bucket: !Ref {name}\n");
        let policy = of(&all, "AWS::S3::BucketPolicy").find(|one| one.text.contains(&reference));
        let everything = format!("[!GetAtt {name}.Arn, !Sub \"${{{name}.Arn}}/*\"]");
        assert_contains(
            policy.unwrap_or_else(|| panic!("{name} has no policy")),
            &[
                "Effect: Deny",
                "Principal: \"*\"",
                "Action: s3:*",
                &everything,
                "aws:SecureTransport: \"false\"",
            ],
        );
        assert_contains(
            bucket,
            &[
                "SSEAlgorithm: AES256",
                "BlockPublicAcls: true",
                "BlockPublicPolicy: true",
                "IgnorePublicAcls: true",
                "RestrictPublicBuckets: true",
                "DeletionPolicy: Retain",
            ],
        );
    }
}

#[test]
fn every_bucket_keeps_a_deleted_version_for_one_day_only() {
    for bucket in of(&resources(), "AWS::S3::Bucket") {
        assert_contains(
            bucket,
            &[
                "VersioningConfiguration:\n        Status: Enabled",
                "NoncurrentDays: 1\n",
                "ExpiredObjectDeleteMarker: true",
                "DaysAfterInitiation: 1\n",
            ],
        );
    }
}

#[test]
fn every_topic_and_queue_is_encrypted() {
    let all = resources();
    for topic in of(&all, "AWS::SNS::Topic") {
        // Services publish to this one, which need a key whose policy names them.
        let key = match topic.name.as_str() {
            "CompleteThawTopic" => "KmsMasterKeyId: !Ref CompleteThawKey\n",
            _ => "KmsMasterKeyId: alias/aws/sns\n",
        };
        assert_contains(topic, &[key]);
    }
    for queue in of(&all, "AWS::SQS::Queue") {
        assert_contains(queue, &["SqsManagedSseEnabled: true"]);
    }
}

#[test]
fn every_queue_has_a_dead_letter_queue_and_both_have_an_alarm() {
    let all = resources();
    for queue in of(&all, "AWS::SQS::Queue") {
        let name = &queue.name;
        let metric = if name.ends_with("Dlq") {
            "MetricName: ApproximateNumberOfMessagesVisible\n"
        } else {
            assert_contains(queue, &["deadLetterTargetArn: !GetAtt "]);
            "MetricName: ApproximateAgeOfOldestMessage\n"
        };
        let value = format!("Value: !GetAtt {name}.QueueName");
        let mut alarms = of(&all, "AWS::CloudWatch::Alarm");
        let alarm = alarms.find(|one| one.text.contains(&value) && one.text.contains(metric));
        let alarm = alarm.unwrap_or_else(|| panic!("{name} has no alarm"));
        assert_contains(alarm, &["AlarmActions: !If [HasAlarmTopic"]);
    }
}

#[test]
fn functions_have_an_alarm_and_logs_that_end() {
    let all = resources();
    for function in of(&all, "AWS::Lambda::Function") {
        let value = format!("Value: !Ref {}", function.name);
        let mut alarms = of(&all, "AWS::CloudWatch::Alarm");
        let alarm = alarms.find(|one| one.text.contains(&value)).unwrap();
        assert_contains(alarm, &["MetricName: Errors\n", "AlarmActions: !If [HasAlarmTopic"]);
        let group = function.text.split("LogGroup: !Ref ").nth(1).unwrap().lines().next().unwrap();
        let group = of(&all, "AWS::Logs::LogGroup").find(|one| one.name == group).unwrap();
        assert_contains(group, &["RetentionInDays: "]);
    }
}

#[test]
fn only_the_roles_that_delete_for_users_may_erase_versions() {
    let all = resources();
    let erasers = of(&all, "AWS::IAM::Role").filter(|role| role.text.contains("ObjectVersion"));
    let names: Vec<_> = erasers.map(|role| role.name.as_str()).collect();
    assert_eq!(names, ["UtilityRole", "RestoreRole"]);
}

#[test]
fn roles_name_their_resources() {
    for role in of(&resources(), "AWS::IAM::Role") {
        for statement in role.text.split("- Sid: ").skip(1) {
            let sid = statement.lines().next().unwrap();
            // These actions have no resource-level permissions.
            let is_exception = [
                "Action: sns:Unsubscribe\n",
                "Action: sqs:ListQueues\n",
                "Action: cloudwatch:GetMetricData\n",
                "Action: [states:SendTaskHeartbeat, states:SendTaskSuccess, states:SendTaskFailure]\n",
                "- logs:CreateLogDelivery\n",
            ]
            .iter()
            .any(|actions| statement.contains(actions));
            let is_unlimited = statement.contains("Resource: \"*\"");
            assert!(!is_unlimited || is_exception, "{} {sid}", role.name);
        }
        assert!(!role.text.contains(":*]") && !role.text.contains(":*\n              "));
        assert!(!role.text.contains("Action: \"*\""), "{}", role.name);
    }
}
