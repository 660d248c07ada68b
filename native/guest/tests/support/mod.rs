//! A host for operations: a socket pair in the place of vsock, a directory in the place of `/work`.
#![allow(dead_code, reason = "each test program uses a part of it")]

use std::fs;
use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rustix::event::PollFlags;
use rustix::process::{Pid, PidfdFlags, Signal, getpid, getuid, kill_process_group, pidfd_open};
use serde_json::{Value, json};
use tempfile::TempDir;
use vulcan_guest::connection::Connection;
use vulcan_guest::fork::{Child, fork};
use vulcan_guest::operation::{Agent, operate};
use vulcan_guest::protocol::Stages;
use vulcan_guest::workload::cgroup::Cgroup;
use vulcan_guest::workload::runtime::Runtime;
use vulcan_guest::workload::{MakeTree, ProcessTree, Site, User};

/// Long enough for a loaded machine; reached only by a test that fails.
pub const PATIENCE: Duration = Duration::from_secs(60);

const NOBODY: User = User {
    uid: 65534,
    gid: 65534,
};

/// What an image for shell scripts would say of itself.
const SHELL: &str = r#"{
    "name": "sh",
    "default_entrypoint": "main.sh",
    "command": ["/bin/sh"],
    "env": {"FROM_RUNTIME": "runtime"}
}"#;

/// A place to run workloads on the development host.
pub struct Place {
    root: TempDir,
    pub runtime: Runtime,
    pub build_timeout: Duration,
    pub waiting_limit: Duration,
    /// What the kernel is made to say of the memory.
    pub out_of_memory_kills: u64,
}

impl Place {
    pub fn new() -> Self {
        let root = TempDir::new().expect("temporary directory");
        let place = Self {
            root,
            runtime: serde_json::from_str(SHELL).expect("runtime"),
            build_timeout: PATIENCE,
            waiting_limit: PATIENCE,
            out_of_memory_kills: 0,
        };
        fs::set_permissions(place.root.path(), readable()).expect("permissions");
        fs::create_dir(place.work()).expect("work directory");
        if getuid().is_root() {
            std::os::unix::fs::chown(place.work(), Some(NOBODY.uid), Some(NOBODY.gid))
                .expect("owner of the work directory");
        }
        place
    }

    /// What stands for `/work`.
    pub fn work(&self) -> PathBuf {
        self.root.path().join("work")
    }

    /// A directory that nothing may be written to.
    pub fn outside(&self) -> PathBuf {
        let path = self.root.path().join("outside");
        fs::create_dir_all(&path).expect("outside");
        path
    }

    /// Starts an operation and sends it these bytes.
    pub fn send(&self, bytes: &[u8]) -> Host {
        send_to(self.site(), bytes)
    }

    /// Prepares a run, which is told to be so with this interpreter.
    pub fn prepare(&self, interpreter: &str) -> Host {
        let mut host = self.request(&json!({"type": "prepare"}));
        let prepared = json!({"type": "prepared", "interpreter": interpreter});
        assert_eq!(host.message(), Some(prepared));
        host
    }

    /// Starts an operation with this request.
    pub fn request(&self, request: &Value) -> Host {
        self.send(&frame(request.to_string().as_bytes()))
    }

    /// Starts a typed run of a shell script; `more` is added to the request.
    pub fn start(&self, script: &str, more: Value) -> Host {
        self.request(&run_request(script, more))
    }

    /// Runs a shell script to its end.
    pub fn run(&self, script: &str, more: Value) -> Outcome {
        self.start(script, more).outcome()
    }

    fn site(&self) -> Site {
        let root = self.root.path().to_owned();
        Site {
            dir: self.work(),
            user: getuid().is_root().then_some(NOBODY),
            runtime: self.runtime.clone(),
            build_timeout: self.build_timeout,
            waiting_limit: self.waiting_limit,
            lock: root.join("lock"),
            make_tree: make_trees(root, self.out_of_memory_kills),
        }
    }
}

/// Starts an operation of an agent with this site and sends it these bytes.
pub fn send_to(site: Site, bytes: &[u8]) -> Host {
    let (mut host, guest) = UnixStream::pair().expect("socket pair");
    let agent = Agent {
        site,
        stages: Stages::default(),
    };
    let operation = fork(|| {
        // Without this the child's copy of the host's end would keep the connection open.
        // SAFETY: the descriptor is this process's copy, and nothing in it uses it.
        unsafe { libc::close(host.as_raw_fd()) };
        let socket = guest.as_fd().try_clone_to_owned().expect("socket");
        // SAFETY: as above.
        unsafe { libc::close(guest.as_raw_fd()) };
        i32::from(operate(Connection::new(socket), &agent).is_err())
    })
    .expect("fork");
    drop(guest);
    host.set_read_timeout(Some(PATIENCE)).expect("timeout");
    host.write_all(bytes).expect("request");
    Host {
        socket: host,
        operation,
    }
}

/// Makes trees for runs, given a directory for what they are made of.
pub fn make_trees(dir: PathBuf, out_of_memory_kills: u64) -> MakeTree {
    Box::new(move || {
        Ok(Box::new(TestTree {
            kind: Kind::new(&dir)?,
            out_of_memory_kills,
        }))
    })
}

fn readable() -> fs::Permissions {
    std::os::unix::fs::PermissionsExt::from_mode(0o755)
}

fn merge(request: &mut Value, more: Value) {
    let (Value::Object(request), Value::Object(more)) = (request, more) else {
        panic!("requests are objects");
    };
    request.extend(more);
}

/// A typed run of a shell script; `more` is added to it.
pub fn run_request(script: &str, more: Value) -> Value {
    let mut request = json!({"type": "run", "runtime": "sh", "code": script});
    merge(&mut request, more);
    request
}

/// A tar archive of files, compressed with gzip.
pub fn archive<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Vec<u8> {
    let encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let mut builder = tar::Builder::new(encoder);
    for (path, content) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        builder
            .append_data(&mut header, path, content.as_bytes())
            .expect("entry");
    }
    builder
        .into_inner()
        .expect("archive")
        .finish()
        .expect("gzip")
}

/// A message with its length before it.
pub fn frame(message: &[u8]) -> Vec<u8> {
    let length = u32::try_from(message.len()).expect("length");
    [&length.to_be_bytes(), message].concat()
}

/// The host's end of an operation.
pub struct Host {
    socket: UnixStream,
    operation: Child,
}

impl Host {
    /// The next message, checked against the limit of its operation; none at the end.
    pub fn message(&mut self) -> Option<Value> {
        let mut header = [0; 4];
        match self.socket.read_exact(&mut header) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return None,
            other => other.expect("header"),
        }
        let mut body = vec![0; u32::from_be_bytes(header) as usize];
        self.socket.read_exact(&mut body).expect("body");
        let message: Value = serde_json::from_slice(&body).expect("JSON");
        if message["type"] == "output" {
            assert!(body.len() <= 64 << 10, "a message of {} bytes", body.len());
        }
        Some(message)
    }

    /// Sends another message.
    pub fn tell(&mut self, message: &Value) {
        let bytes = frame(message.to_string().as_bytes());
        self.socket.write_all(&bytes).expect("message");
    }

    /// The next output.
    pub fn output(&mut self) -> Value {
        loop {
            let message = self.message().expect("output");
            match message["type"].as_str() {
                Some("started") => {}
                Some("output") => return message,
                _ => panic!("unexpected {message}"),
            }
        }
    }

    /// Reads everything to the final message, closes, and waits for the operation's end.
    pub fn outcome(mut self) -> Outcome {
        let mut outcome = Outcome::default();
        while let Some(message) = self.message() {
            match message["type"].as_str() {
                Some("output") => outcome.add(&message),
                Some("log") => outcome.lines.push(message),
                Some("started") => outcome.started = Some(message),
                Some("result") => {
                    outcome.response = message["response"].clone();
                    break;
                }
                _ => panic!("unexpected {message}"),
            }
        }
        self.close();
        outcome
    }

    /// Ends what the host sends.
    pub fn stop_writing(&self) {
        self.socket.shutdown(Shutdown::Write).expect("shutdown");
    }

    /// Closes the connection and waits until the operation has ended without an error of its own.
    pub fn close(self) {
        assert_eq!(self.exit_status(), Some(0));
    }

    /// Closes the connection and waits until the operation has ended with an error of its own.
    pub fn assert_failed(self) {
        assert_eq!(self.exit_status(), Some(1));
    }

    fn exit_status(self) -> Option<i32> {
        // The operation may have closed it before.
        let _ = self.socket.shutdown(Shutdown::Both);
        drop(self.socket);
        self.operation.wait().expect("wait").exit_status()
    }
}

/// What a host saw of an operation.
#[derive(Default)]
pub struct Outcome {
    pub stdout: Vec<u8>,
    pub stderr: Vec<u8>,
    pub lines: Vec<Value>,
    /// Whether the program was said to have started.
    pub started: Option<Value>,
    pub response: Value,
}

impl Outcome {
    fn add(&mut self, message: &Value) {
        let bytes = output_bytes(message);
        assert!(bytes.len() <= 32 << 10, "a chunk of {} bytes", bytes.len());
        match message["stream"].as_str() {
            Some("stdout") => self.stdout.extend(bytes),
            Some("stderr") => self.stderr.extend(bytes),
            _ => panic!("unexpected {message}"),
        }
    }

    pub fn text(&self) -> String {
        String::from_utf8(self.stdout.clone()).expect("text")
    }
}

/// The bytes of an output event.
pub fn output_bytes(message: &Value) -> Vec<u8> {
    let data = message["data"].as_str().expect("data");
    STANDARD.decode(data).expect("base64")
}

/// Waits for the end of a process that a script has named in the first line of its output.
pub fn wait_for_end(named: &Value) {
    let bytes = output_bytes(named);
    let line = bytes.split(|byte| *byte == b'\n').next().expect("line");
    let number = str::from_utf8(line).expect("text").parse();
    let pid = Pid::from_raw(number.expect("number")).expect("pid");
    if let Ok(pidfd) = pidfd_open(pid, PidfdFlags::empty()) {
        let deadline = Instant::now() + PATIENCE;
        let ended = vulcan_guest::connection::wait(&pidfd, PollFlags::IN, deadline);
        assert!(ended.expect("poll"), "{pid:?} still runs");
    }
}

/// A control group where the test may make one, else the process groups of what entered: those
/// lose a process that makes a session of its own.
struct TestTree {
    kind: Kind,
    out_of_memory_kills: u64,
}

enum Kind {
    Group(Cgroup),
    Sessions(PathBuf),
}

/// A machine's own groups are to be as they were.
impl Drop for Kind {
    fn drop(&mut self) {
        if let Self::Group(group) = self {
            group.remove().expect("removing the group");
        }
    }
}

static TREES: AtomicU32 = AtomicU32::new(0);

/// Whether trees are control groups here.
pub fn has_control_groups() -> bool {
    groups_root().is_some()
}

fn groups_root() -> Option<PathBuf> {
    let roots = ["/sys/fs/cgroup/unified", "/sys/fs/cgroup"];
    let root = roots
        .map(Path::new)
        .into_iter()
        .find(|root| getuid().is_root() && root.join("cgroup.subtree_control").exists());
    root.map(Path::to_owned)
}

impl Kind {
    fn new(dir: &Path) -> io::Result<Self> {
        let number = TREES.fetch_add(1, Ordering::Relaxed);
        let pid = getpid().as_raw_nonzero();
        let name = format!("vulcan-guest-test-{pid}-{number}");
        match groups_root() {
            Some(root) => Ok(Self::Group(Cgroup::create(root.join(name))?)),
            None => Ok(Self::Sessions(dir.join(name))),
        }
    }
}

impl ProcessTree for TestTree {
    fn enter(&self) -> io::Result<()> {
        match &self.kind {
            Kind::Group(group) => group.enter(),
            Kind::Sessions(file) => {
                let mut file = fs::OpenOptions::new()
                    .append(true)
                    .create(true)
                    .open(file)?;
                writeln!(file, "{}", getpid().as_raw_nonzero())
            }
        }
    }

    fn kill(&self) -> io::Result<()> {
        match &self.kind {
            Kind::Group(group) => group.kill(),
            Kind::Sessions(file) => {
                for pid in fs::read_to_string(file).unwrap_or_default().lines() {
                    let pid = pid.parse().ok().and_then(rustix::process::Pid::from_raw);
                    // A group of which nobody is left is as good as killed.
                    let _ = kill_process_group(pid.expect("pid"), Signal::KILL);
                }
                Ok(())
            }
        }
    }

    fn wait_empty(&self, deadline: Instant) -> io::Result<bool> {
        match &self.kind {
            Kind::Group(group) => group.wait_empty(deadline),
            Kind::Sessions(_) => Ok(true),
        }
    }

    fn out_of_memory_kills(&self) -> io::Result<u64> {
        Ok(self.out_of_memory_kills)
    }
}
