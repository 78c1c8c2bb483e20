//! `oracle-ai health`: whether a server with these settings answers on this machine. For container engines, as the image has no
//! other program that could call `/livez`.

use std::{
    io::{self, Read, Write},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream},
    process::ExitCode,
    time::Duration,
};

use super::{app::EX_CONFIG, config};

/// For the connection, and for each read and write.
const TIMEOUT: Duration = Duration::from_secs(5);

/// The server closes the connection after its response.
const REQUEST: &str = "GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

pub fn run() -> ExitCode {
    let address = match config::listen_address() {
        Ok(address) => here(address),
        Err(error) => {
            eprintln!("oracle-ai: {error}");
            return ExitCode::from(EX_CONFIG);
        }
    };
    match status_line(address) {
        Ok(line) if line.starts_with("HTTP/1.1 200 ") => ExitCode::SUCCESS,
        Ok(line) => {
            eprintln!("oracle-ai: {address} answers: {line}");
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("oracle-ai: {address} does not answer: {error}");
            ExitCode::FAILURE
        }
    }
}

/// A server that listens on all addresses of its machine is reached at loopback.
fn here(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

fn status_line(address: SocketAddr) -> io::Result<String> {
    let mut connection = TcpStream::connect_timeout(&address, TIMEOUT)?;
    connection.set_read_timeout(Some(TIMEOUT))?;
    connection.set_write_timeout(Some(TIMEOUT))?;
    connection.write_all(REQUEST.as_bytes())?;
    let mut response = vec![];
    connection.take(1024).read_to_end(&mut response)?;
    let line = String::from_utf8_lossy(&response).lines().next().unwrap_or_default().to_owned();
    Ok(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_on_all_addresses_is_called_on_loopback() {
        for (listens, called) in
            [("0.0.0.0:8080", "127.0.0.1:8080"), ("[::]:80", "[::1]:80"), ("10.0.0.1:8080", "10.0.0.1:8080")]
        {
            assert_eq!(here(listens.parse().unwrap()), called.parse().unwrap());
        }
    }
}
