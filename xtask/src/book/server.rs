//! A server of files for this machine: what `cargo xtask book --serve` and
//! the browser's check read the book from.

use std::fs;
use std::io::{self, BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

/// Serves a directory for as long as the process lives.
pub(crate) struct Server {
    address: SocketAddr,
    version: Arc<AtomicUsize>,
}

#[derive(Clone)]
struct Site {
    directory: PathBuf,
    /// How often the directory has changed, if pages are to follow that.
    version: Option<Arc<AtomicUsize>>,
}

impl Server {
    /// Serves `directory` at `port`, or at any free one for 0. With
    /// `is_live`, pages that are open load themselves anew after `changed`.
    pub(crate) fn start(
        directory: &Path,
        port: u16,
        is_live: bool,
    ) -> io::Result<Server> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
        let version = Arc::new(AtomicUsize::new(0));
        let site = Site {
            directory: directory.to_owned(),
            version: is_live.then(|| version.clone()),
        };
        let address = listener.local_addr()?;
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let site = site.clone();
                // Whoever hangs up early has what it wanted.
                thread::spawn(move || drop(site.answer(stream)));
            }
        });
        Ok(Server { address, version })
    }

    /// Where the directory is served.
    pub(crate) fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// Tells the pages that are open.
    pub(crate) fn changed(&self) {
        self.version.fetch_add(1, Ordering::Relaxed);
    }
}

impl Site {
    fn answer(&self, stream: TcpStream) -> io::Result<()> {
        let mut lines = BufReader::new(&stream).lines();
        let request = lines.next().unwrap_or_else(|| Ok(String::new()))?;
        for line in lines {
            if line?.is_empty() {
                break;
            }
        }
        let target = request.split(' ').nth(1).unwrap_or("/");
        match target.strip_prefix(WAIT) {
            Some(version) => respond(&stream, TEXT, &self.wait(version)),
            None => match self.read(target) {
                Some((kind, body)) => respond(&stream, kind, &body),
                None => (&stream).write_all(MISSING),
            },
        }
    }

    /// The file that `target` names, and its type.
    fn read(&self, target: &str) -> Option<(&'static str, Vec<u8>)> {
        let path = target.split(['?', '#']).next().unwrap_or_default();
        let path = Path::new(path.trim_start_matches('/'));
        let is_name = |part| matches!(part, Component::Normal(_));
        if !path.components().all(is_name) {
            return None;
        }
        let mut path = self.directory.join(path);
        if path.is_dir() {
            path.push("index.html");
        }
        let mut body = fs::read(&path).ok()?;
        let kind = media_type(&path);
        if let (Some(version), "text/html; charset=utf-8") =
            (&self.version, kind)
        {
            let version = version.load(Ordering::Relaxed);
            body.extend(script(version).into_bytes());
        }
        Some((kind, body))
    }

    /// Waits until the directory is newer than `version`.
    fn wait(&self, version: &str) -> Vec<u8> {
        let old = version.parse().unwrap_or(0);
        let now =
            || self.version.as_ref().map_or(0, |n| n.load(Ordering::Relaxed));
        while self.version.is_some() && now() == old {
            thread::sleep(Duration::from_millis(100));
        }
        now().to_string().into_bytes()
    }
}

/// What a live page asks for, followed by the version that it has.
const WAIT: &str = "/newer-than/";

/// Loads the page anew when there is another version.
fn script(version: usize) -> String {
    format!(
        "<script>fetch('{WAIT}{version}').then(() => location.reload())\
         </script>"
    )
}

const TEXT: &str = "text/plain; charset=utf-8";

const MISSING: &[u8] = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\
                         Connection: close\r\n\r\n";

fn respond(mut stream: &TcpStream, kind: &str, body: &[u8]) -> io::Result<()> {
    let length = body.len();
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\n\
         Content-Length: {length}\r\nCache-Control: no-store\r\n\
         Connection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes())?;
    stream.write_all(body)
}

fn media_type(path: &Path) -> &'static str {
    let extension = path.extension().and_then(|extension| extension.to_str());
    match extension.unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "json" => "application/json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "woff2" => "font/woff2",
        "txt" | "md" => TEXT,
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    fn get(server: &Server, target: &str) -> String {
        let mut stream = TcpStream::connect(server.address).unwrap();
        let request = format!("GET {target} HTTP/1.1\r\nHost: a\r\n\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    fn site() -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join("index.html"), "<p>hello").unwrap();
        fs::write(root.path().join("a.css"), "p {}").unwrap();
        root
    }

    #[test]
    fn files_are_served_with_their_types() {
        let site = site();
        let server = Server::start(site.path(), 0, false).unwrap();
        let index = get(&server, "/");
        assert!(index.contains("Content-Type: text/html"), "{index}");
        assert!(index.ends_with("\r\n\r\n<p>hello"), "{index}");
        assert!(get(&server, "/a.css?v=1").contains("text/css"));
    }

    #[test]
    fn nothing_outside_of_the_directory_is_served() {
        let site = site();
        let inner = site.path().join("inner");
        fs::create_dir(&inner).unwrap();
        let server = Server::start(&inner, 0, false).unwrap();
        for target in ["/../a.css", "/none", "//etc/passwd", "/inner/../../a"] {
            assert!(get(&server, target).contains("404"), "{target}");
        }
    }

    #[test]
    fn a_live_page_learns_of_a_change() {
        let site = site();
        let server = Server::start(site.path(), 0, true).unwrap();
        assert!(get(&server, "/").contains("fetch('/newer-than/0')"));
        server.changed();
        assert!(get(&server, "/newer-than/0").ends_with("\r\n1"));
    }
}
