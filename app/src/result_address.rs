//! Where a result is: at the job, for its owner, or at a share link, for its readers. [`api`](crate::api) loads its data.

use crate::app::Route;
use crate::shared_part::SharedPart;
use gas_shared::JobId;

/// Where a result is read. The server decides whether it may be read there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ResultAddress {
    /// At the job of the signed-in user.
    Job(JobId),
    /// At the share link with this secret.
    Link(String),
}

impl ResultAddress {
    /// Whether it is the user's own result.
    pub const fn is_own(&self) -> bool {
        matches!(self, Self::Job(_))
    }

    /// The page with the variants that match a filter, in the form of the address.
    pub fn explorer(&self, filter: String, sort: String) -> Route {
        match self {
            Self::Job(id) => Route::Results { id: id.to_string(), filter, sort },
            Self::Link(secret) => Self::shared(secret, SharedPart::Results, filter, sort),
        }
    }

    /// The page with the charts.
    pub fn charts_page(&self) -> Route {
        match self {
            Self::Job(id) => Route::JobCharts { id: id.to_string() },
            Self::Link(secret) => {
                Self::shared(secret, SharedPart::Charts, String::new(), String::new())
            }
        }
    }

    fn shared(secret: &str, part: SharedPart, filter: String, sort: String) -> Route {
        Route::Shared { secret: secret.to_owned(), part, filter, sort, locus: String::new() }
    }

    /// The path of exports, without their query.
    pub fn export_path(&self) -> String {
        match self {
            Self::Job(id) => format!("/annotations-export/{id}"),
            Self::Link(secret) => format!("/s/{secret}/export"),
        }
    }

    /// The path of a chart as an SVG file.
    pub fn chart_path(&self, name: &str) -> String {
        match self {
            Self::Job(id) => format!("/annotations-chart/{id}/{name}.svg"),
            Self::Link(secret) => format!("/s/{secret}/chart/{name}.svg"),
        }
    }

    /// The beginning of the paths that the genome browser requests.
    pub fn genome_path(&self) -> String {
        match self {
            Self::Job(id) => format!("/annotations-genome/{id}"),
            Self::Link(secret) => format!("/s/{secret}/genome"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_of_a_link_is_below_its_address() {
        let link = ResultAddress::Link("abc".to_owned());
        let pages = [
            link.explorer("f".into(), String::new()).to_string(),
            link.charts_page().to_string(),
            link.export_path(),
            link.chart_path("qual"),
            link.genome_path(),
        ];
        assert!(pages.iter().all(|path| path.starts_with("/s/abc/")), "{pages:?}");
        let shared = pages[0].parse::<Route>().unwrap();
        assert_eq!(shared, link.explorer("f".into(), String::new()));
    }
}
