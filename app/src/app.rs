//! The root component and the routes.

use crate::components::Shell;
use crate::pages::{
    Annotate, Annotations, Billing, BillingReturn, Home, JobDetails, JobLog, NotFound, Results,
    Unsubscribe,
};
use dioxus::prelude::*;

/// Every page of the application. [`Home`] is the only one for someone not signed in, and
/// [`Unsubscribe`], since whoever has a mail may stop the next.
#[derive(Routable, Clone, PartialEq, Debug)]
#[rustfmt::skip]
pub enum Route {
    #[layout(Shell)]
        #[route("/")]
        Home {},
        #[route("/annotate")]
        Annotate {},
        #[route("/annotations?:cursor")]
        Annotations { cursor: String },
        #[route("/annotations/:id")]
        JobDetails { id: String },
        #[route("/annotations/:id/log")]
        JobLog { id: String },
        #[route("/annotations/:id/results?:filter&:sort")]
        Results { id: String, filter: String, sort: String },
        #[route("/billing")]
        Billing {},
        #[route("/billing/return?:session_id")]
        BillingReturn { session_id: String },
        #[route("/unsubscribe?:token&:done")]
        Unsubscribe { token: String, done: bool },
        #[route("/:..segments")]
        NotFound { segments: Vec<String> },
}

/// The application.
#[component]
pub fn App() -> Element {
    rsx! {
        Router::<Route> {}
    }
}
