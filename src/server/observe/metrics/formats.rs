//! The two text formats: OpenMetrics 1.0, and the older one of Prometheus, which other readers know.

use std::{borrow::Cow, collections::BTreeSet};

/// How the metrics are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    OpenMetrics,
    /// The text format 0.0.4.
    Prometheus,
}

impl Format {
    /// From the header `Accept`: OpenMetrics for those that name it, as Prometheus does.
    pub fn wanted(accept: Option<&str>) -> Self {
        match accept.is_some_and(|accept| accept.contains("application/openmetrics-text")) {
            true => Self::OpenMetrics,
            false => Self::Prometheus,
        }
    }

    pub const fn content_type(self) -> &'static str {
        match self {
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
            Self::Prometheus => "text/plain; version=0.0.4; charset=utf-8",
        }
    }

    /// In this format, of a page in OpenMetrics.
    pub(super) fn of_open_metrics(self, page: String) -> String {
        match self {
            Self::OpenMetrics => page,
            Self::Prometheus => in_prometheus_format(&page),
        }
    }
}

/// The formats differ in the names of counters: in OpenMetrics, what describes a counter leaves out the end `_total`, which
/// its samples have. `# EOF` would be a comment, and is left out.
fn in_prometheus_format(page: &str) -> String {
    let counters: BTreeSet<_> =
        page.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.strip_suffix(" counter")).collect();
    let lines = page.lines().filter(|line| *line != "# EOF").map(|line| {
        let Some((keyword, rest)) = line.strip_prefix("# ").and_then(|line| line.split_once(' ')) else {
            return Cow::Borrowed(line);
        };
        match rest.split_once(' ') {
            Some((name, rest)) if counters.contains(name) => format!("# {keyword} {name}_total {rest}").into(),
            _ => line.into(),
        }
    });
    lines.flat_map(|line| [line, "\n".into()]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn open_metrics_is_for_those_that_name_it() {
        let prometheus = "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,\
                          text/plain;version=0.0.4;q=0.5,*/*;q=0.1";
        assert_eq!(Format::wanted(Some(prometheus)), Format::OpenMetrics);
        for accept in [None, Some("*/*"), Some("text/plain;version=0.0.4;q=1,*/*;q=0.1"), Some("text/html")] {
            assert_eq!(Format::wanted(accept), Format::Prometheus, "{accept:?}");
        }
    }

    #[test]
    fn in_the_format_of_prometheus_what_describes_a_counter_names_it_whole() {
        let page = "# HELP a Calls.\n# TYPE a counter\na_total{of=\"a counter\"} 1\n# HELP ab Time.\n# TYPE ab gauge\nab 2\n# EOF\n";
        let expected = "# HELP a_total Calls.\n# TYPE a_total counter\na_total{of=\"a counter\"} 1\n# HELP ab Time.\n\
                        # TYPE ab gauge\nab 2\n";
        assert_eq!(Format::Prometheus.of_open_metrics(page.into()), expected);
        assert_eq!(Format::OpenMetrics.of_open_metrics(page.into()), page);
    }
}
