//! A file that is uploaded in parts, for a job or for a private reference.
//!
//! S3 is the source of truth for which parts have arrived. A part counts if it has the right length.

use super::UPLOAD_TICKET_SECS;
use crate::Gas;
use crate::ports::{ArrivedPart, PartRule, PortResult};
use gas_shared::job::{ObjectLocation, Part, Parts};
use gas_shared::upload::PartTicket;
use jiff::SignedDuration;

/// The number of parts in a ticket. More would expire before a slow connection could send them.
pub(super) const TICKET_PARTS: usize = 8;

/// How long the parts of a ticket can be sent.
pub(super) const TICKET_VALID_FOR: SignedDuration = SignedDuration::from_secs(UPLOAD_TICKET_SECS);

/// The parts that have not arrived; none if the file is complete. `None` if S3 has neither the upload nor the file.
pub(super) async fn missing_parts(
    gas: &Gas,
    file: &ObjectLocation,
    parts: &Parts,
) -> PortResult<Option<Vec<Part>>> {
    match gas.part_uploads.arrived_parts(file, &parts.upload_id).await? {
        Some(arrived) => {
            Ok(Some(parts.all().filter(|part| find(&arrived, part).is_none()).collect()))
        }
        // An earlier call completed the upload, and its response was lost.
        None => Ok(gas.objects.head(file).await?.map(|_| Vec::new())),
    }
}

/// Signs the first ones of these parts, at most `most`.
pub(super) async fn sign_parts(
    gas: &Gas,
    file: &ObjectLocation,
    upload_id: &str,
    missing: &[Part],
    most: usize,
) -> PortResult<Vec<PartTicket>> {
    let mut tickets = Vec::new();
    for part in missing.iter().take(most) {
        let rule = PartRule { file, upload_id, part: *part, valid_for: TICKET_VALID_FOR };
        let url = gas.part_uploads.sign_part(&rule).await?;
        tickets.push(PartTicket { offset: part.offset, length: part.length, url });
    }
    Ok(tickets)
}

/// Makes the file of its parts. `false` if one is missing. If the upload does not exist, nothing happens: whether the file
/// exists shows how the upload ended.
pub(super) async fn complete_parts(
    gas: &Gas,
    file: &ObjectLocation,
    parts: &Parts,
) -> PortResult<bool> {
    let Some(arrived) = gas.part_uploads.arrived_parts(file, &parts.upload_id).await? else {
        return Ok(true);
    };
    let whole: Option<Vec<ArrivedPart>> =
        parts.all().map(|part| find(&arrived, &part).cloned()).collect();
    let Some(whole) = whole else { return Ok(false) };
    gas.part_uploads.complete(file, &parts.upload_id, &whole).await?;
    Ok(true)
}

fn find<'a>(arrived: &'a [ArrivedPart], part: &Part) -> Option<&'a ArrivedPart> {
    arrived.iter().find(|found| found.number == part.number && found.size == part.length)
}
