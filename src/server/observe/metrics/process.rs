//! Metrics of the process, by the names that all Prometheus clients give them. Linux only: elsewhere there is but its start.

use std::{
    fmt, fs,
    time::{SystemTime, UNIX_EPOCH},
};

use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeMetric},
    metrics::{counter::ConstCounter, gauge::ConstGauge},
};

#[derive(Debug)]
pub struct Process {
    /// In seconds since 1970. `/proc` has it relative to a time that the systemd unit hides (`ProcSubset=pid`).
    started_at: f64,
}

impl Process {
    pub fn started_now() -> Self {
        let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self { started_at: since_1970.as_secs_f64() }
    }
}

impl Collector for Process {
    fn encode(&self, mut encoder: DescriptorEncoder) -> Result<(), fmt::Error> {
        let mut encoded = |name, help, metric: &dyn EncodeMetric| {
            metric.encode(encoder.encode_descriptor(name, help, None, metric.metric_type())?)
        };
        if let Some(seconds) = cpu_seconds() {
            encoded("process_cpu_seconds", "Processor time that this process has used", &ConstCounter::new(seconds))?;
        }
        for (name, help, value) in [
            ("process_resident_memory_bytes", "Memory in use", kilobytes("VmRSS:")),
            ("process_virtual_memory_bytes", "Address space in use", kilobytes("VmSize:")),
            ("process_open_fds", "Open files and connections", open_files()),
            ("process_max_fds", "How many there may be", most_open_files()),
            ("process_start_time_seconds", "When this process started, in seconds since 1970", Some(self.started_at)),
        ] {
            if let Some(value) = value {
                encoded(name, help, &ConstGauge::new(value))?;
            }
        }
        Ok(())
    }
}

/// In user mode and in the kernel: the fields 14 and 15 of proc_pid_stat(5).
fn cpu_seconds() -> Option<f64> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    // The second field, the program's name, is in parentheses, and may have spaces in it.
    let fields: Vec<_> = stat.rsplit_once(')')?.1.split_ascii_whitespace().collect();
    let ticks = |field: usize| fields.get(field - 3)?.parse::<f64>().ok();
    Some((ticks(14)? + ticks(15)?) / rustix::param::clock_ticks_per_second() as f64)
}

fn kilobytes(field: &str) -> Option<f64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(field))?;
    let number: f64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(number * 1024.0)
}

fn open_files() -> Option<f64> {
    // One of them is the folder that is being read.
    Some(fs::read_dir("/proc/self/fd").ok()?.count().saturating_sub(1) as f64)
}

/// The soft limit.
fn most_open_files() -> Option<f64> {
    let limits = fs::read_to_string("/proc/self/limits").ok()?;
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_ascii_whitespace().next()?.parse().ok()
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn what_linux_says_of_this_process_is_read() {
        let megabyte = 1_000_000.0;
        assert!(kilobytes("VmRSS:").unwrap() > megabyte && kilobytes("VmSize:") >= kilobytes("VmRSS:"));
        let files: Vec<_> = (0..50).map(|_| fs::File::open("/dev/null").unwrap()).collect();
        assert!(open_files().unwrap() >= files.len() as f64 && most_open_files() > open_files());
        let before = cpu_seconds().unwrap();
        while cpu_seconds().unwrap() < before + 0.02 {
            std::hint::black_box((0..100_000).sum::<u64>());
        }
    }
}
