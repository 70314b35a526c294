//! Limits of work in progress, for each requester and for all together: a number of requests run, a number wait, and further
//! ones are rejected. A single requester cannot use up what all share; very many together can.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout_at};

/// How much work runs and waits. Further work is rejected.
#[derive(Clone, Copy, Debug)]
pub struct AdmissionLimits {
    /// Running work of all requesters.
    pub running: usize,
    /// Running work of one requester.
    pub running_of_each: usize,
    /// Running and waiting work of all requesters.
    pub admitted: usize,
    /// Running and waiting work of one requester.
    pub admitted_of_each: usize,
}

/// Which limit work could not be admitted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAdmitted {
    /// Those of all requesters.
    #[error("too much work of all requesters is in progress")]
    OfAll,
    /// Those of its requester.
    #[error("too much work of this requester is in progress")]
    OfEach,
}

/// Admits the work of requesters, which `K` identifies.
#[derive(Debug)]
pub struct Admission<K: Eq + Hash> {
    limits: AdmissionLimits,
    running: Arc<Semaphore>,
    admitted: Mutex<Admitted<K>>,
}

#[derive(Debug)]
struct Admitted<K> {
    all: usize,
    /// By requester: the number of admitted pieces of work, and the places of running ones.
    requesters: HashMap<K, (usize, Arc<Semaphore>)>,
}

/// The right of admitted work to run, until it is dropped.
#[derive(Debug)]
pub struct AdmissionPermit<K: Eq + Hash> {
    _of_each: OwnedSemaphorePermit,
    _of_all: OwnedSemaphorePermit,
    _admitted: AdmittedWork<K>,
}

impl<K: Eq + Hash + Clone> Admission<K> {
    /// An admission within limits.
    pub fn new(limits: AdmissionLimits) -> Self {
        let running = Arc::new(Semaphore::new(limits.running));
        let admitted = Admitted { all: 0, requesters: HashMap::new() };
        Self { limits, running, admitted: Mutex::new(admitted) }
    }

    /// Waits until work of a requester can run.
    ///
    /// # Errors
    /// [`NotAdmitted`] if too much work waits already, or no place is free before the deadline.
    pub async fn enter(
        self: &Arc<Self>,
        requester: K,
        deadline: Instant,
    ) -> Result<AdmissionPermit<K>, NotAdmitted> {
        let (places, admitted) = self.admit(requester)?;
        let of_each = place(places, deadline).await.ok_or(NotAdmitted::OfEach)?;
        let of_all = place(self.running.clone(), deadline).await.ok_or(NotAdmitted::OfAll)?;
        Ok(AdmissionPermit { _of_each: of_each, _of_all: of_all, _admitted: admitted })
    }

    /// Waits until one of the places of all requesters is free, without taking it.
    pub async fn is_free(&self) {
        // The semaphore is never closed.
        let _permit = self.running.acquire().await;
    }

    /// Whether something is kept of any requester.
    #[cfg(test)]
    pub(crate) fn has_requesters(&self) -> bool {
        !self.admitted.lock().unwrap_or_else(PoisonError::into_inner).requesters.is_empty()
    }

    fn admit(
        self: &Arc<Self>,
        requester: K,
    ) -> Result<(Arc<Semaphore>, AdmittedWork<K>), NotAdmitted> {
        let mut admitted = self.admitted.lock().unwrap_or_else(PoisonError::into_inner);
        let of_each = admitted.requesters.get(&requester).map_or(0, |(count, _)| *count);
        if of_each >= self.limits.admitted_of_each {
            return Err(NotAdmitted::OfEach);
        }
        if admitted.all >= self.limits.admitted {
            return Err(NotAdmitted::OfAll);
        }
        admitted.all += 1;
        let running = self.limits.running_of_each;
        let new = || (0, Arc::new(Semaphore::new(running)));
        let (count, places) = admitted.requesters.entry(requester.clone()).or_insert_with(new);
        *count += 1;
        Ok((places.clone(), AdmittedWork { admission: self.clone(), requester }))
    }
}

/// Waits for a place. `None` if none is free before the deadline.
async fn place(places: Arc<Semaphore>, deadline: Instant) -> Option<OwnedSemaphorePermit> {
    // The semaphores are never closed.
    timeout_at(deadline, places.acquire_owned()).await.ok()?.ok()
}

/// Running or waiting work.
#[derive(Debug)]
struct AdmittedWork<K: Eq + Hash> {
    admission: Arc<Admission<K>>,
    requester: K,
}

impl<K: Eq + Hash> Drop for AdmittedWork<K> {
    fn drop(&mut self) {
        let mut admitted = self.admission.admitted.lock().unwrap_or_else(PoisonError::into_inner);
        admitted.all -= 1;
        if let Some((count, _)) = admitted.requesters.get_mut(&self.requester) {
            *count -= 1;
            if *count == 0 {
                admitted.requesters.remove(&self.requester);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    const LIMITS: AdmissionLimits =
        AdmissionLimits { running: 3, running_of_each: 2, admitted: 5, admitted_of_each: 3 };

    fn soon() -> Instant {
        Instant::now() + Duration::from_secs(1)
    }

    #[tokio::test(start_paused = true)]
    async fn a_requester_waits_for_its_own_places_and_leaves_those_of_others_free() {
        let admission = Arc::new(Admission::new(LIMITS));
        let first = admission.enter("a", soon()).await.unwrap();
        let _second = admission.enter("a", soon()).await.unwrap();
        assert_eq!(admission.enter("a", soon()).await.unwrap_err(), NotAdmitted::OfEach);
        let other = admission.enter("b", soon()).await.unwrap();
        assert_eq!(admission.enter("c", soon()).await.unwrap_err(), NotAdmitted::OfAll);
        drop(other);
        assert!(admission.enter("c", soon()).await.is_ok());
        drop(first);
        assert!(admission.enter("a", soon()).await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn waiting_work_is_bounded_and_nothing_is_kept_of_requesters_that_have_none() {
        let admission = Arc::new(Admission::new(LIMITS));
        let two = [
            admission.enter("a", soon()).await.unwrap(),
            admission.enter("a", soon()).await.unwrap(),
        ];
        let (waiting, rejected) =
            tokio::join!(admission.enter("a", soon()), admission.enter("a", soon()));
        assert_eq!(rejected.unwrap_err(), NotAdmitted::OfEach);
        assert!(waiting.is_err(), "both places stayed taken");
        drop(two);
        assert!(!admission.has_requesters());
    }
}
