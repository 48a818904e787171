//! A storage emulator for one test program: Azurite from `docker/azurite`, in memory, on ports the system chooses.
//!
//! Shared by the tests of several crates, hence a file to be named with `#[path]`.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, mpsc};
use std::time::Duration;

/// How long Azurite may take to say its next line. It usually takes half a second; on a machine that builds meanwhile it
/// has taken more than a minute.
const START_LIMIT_SECONDS: u64 = 240;

/// Runs the program named first, and ends it when its standard input does: however a test program dies, it leaves no
/// emulator behind. Each line of that input sets the emulator's clock forward by so many seconds.
const WRAPPER: &str = "
const Clock = Date;
let ahead = 0;
globalThis.Date = class extends Clock {
  constructor(...parts) { parts.length ? super(...parts) : super(Clock.now() + ahead); }
  static now() { return Clock.now() + ahead; }
};
process.stdin.on('data', (line) => { ahead += 1000 * Number(line); console.log('clock set'); });
process.stdin.on('end', () => process.exit());
process.stdout.on('error', () => {});
require(process.argv[1]);
";

/// What it prints for each service, before the address.
const LISTENING: &str = "service is successfully listening at ";

/// A running emulator; dropping it ends it.
pub struct Azurite {
    process: Child,
    lines: Mutex<mpsc::Receiver<String>>,
    blob_address: String,
    queue_address: String,
}

impl Azurite {
    /// Starts one. None, and a line on the terminal that says so, when it is not installed.
    ///
    /// # Panics
    /// When it is installed but does not come up.
    pub fn start() -> Option<Self> {
        let program = program();
        if !program.is_file() {
            skip("Azurite is not installed", "run `npm ci` in `docker/azurite`");
            return None;
        }
        let spawned = Command::new("node")
            .args(["-e", WRAPPER])
            .arg(&program)
            .args(["--inMemoryPersistence", "--skipApiVersionCheck", "--disableProductStyleUrl"])
            .args(["--disableTelemetry", "--silent", "--blobPort", "0", "--queuePort", "0", "--tablePort", "0"])
            .current_dir(std::env::temp_dir())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn();
        let Ok(mut process) = spawned else {
            skip("Azurite needs `node`, which does not start", "install Node 22 or newer");
            return None;
        };
        let lines = Mutex::new(read_lines(&mut process));
        let mut azurite = Self { process, lines, blob_address: String::new(), queue_address: String::new() };
        while azurite.blob_address.is_empty() || azurite.queue_address.is_empty() {
            let line = azurite.line("to say where it listens");
            azurite.note(&line);
        }
        Some(azurite)
    }

    /// Sets its clock forward: leases of messages end at once.
    ///
    /// # Panics
    /// When it does not do so.
    #[allow(dead_code, reason = "not every test program that includes this file waits for leases")]
    pub fn advance(&mut self, time: Duration) {
        let input = self.process.stdin.as_mut().expect("the input is a pipe");
        writeln!(input, "{}", time.as_secs()).expect("Azurite reads its input");
        while self.line("to set its clock") != "clock set" {}
    }

    fn line(&self, what: &str) -> String {
        let lines = self.lines.lock().expect("nobody has panicked with it");
        lines
            .recv_timeout(Duration::from_secs(START_LIMIT_SECONDS))
            .unwrap_or_else(|_| panic!("waited {START_LIMIT_SECONDS} s for Azurite {what}"))
    }

    /// What a client needs to use it.
    pub fn connection_string(&self) -> String {
        connection_string(&self.blob_address, &self.queue_address)
    }

    /// Where its queue service listens: `127.0.0.1:41235`.
    #[allow(dead_code, reason = "not every test program that includes this file looks at the wire")]
    pub fn queue_address(&self) -> &str {
        &self.queue_address
    }

    /// Where its blob service listens.
    #[allow(dead_code, reason = "not every test program that includes this file looks at the wire")]
    pub fn blob_address(&self) -> &str {
        &self.blob_address
    }

    fn note(&mut self, line: &str) {
        let Some((service, address)) = line.split_once(LISTENING) else { return };
        let address = address.trim().trim_start_matches("http://").to_owned();
        match service.trim() {
            "Azurite Blob" => self.blob_address = address,
            "Azurite Queue" => self.queue_address = address,
            _ => {}
        }
    }
}

impl Drop for Azurite {
    fn drop(&mut self) {
        // It keeps nothing that would have to be written.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The connection string of an emulator whose services listen at these addresses.
pub fn connection_string(blob_address: &str, queue_address: &str) -> String {
    storage::development_connection_string(&format!("http://{blob_address}"), &format!("http://{queue_address}"))
}

/// Says that a test did not run. Written past the test harness, which would show it only for tests that fail.
pub fn skip(reason: &str, hint: &str) {
    assert!(
        std::env::var_os("XTASK_STRICT").is_none(),
        "skipped although skips are failures here: {reason}\nhint: {hint}"
    );
    let name = std::thread::current().name().unwrap_or("a test").to_owned();
    let _ = writeln!(std::io::stderr(), "SKIPPED {name}: {reason}\nhint: {hint}");
}

/// `AZURITE_HOME` names a folder where `npm ci` has installed it; without that it is sought in `docker/azurite`.
fn program() -> PathBuf {
    let home = std::env::var_os("AZURITE_HOME").map(PathBuf::from);
    // Seen from `docker/storage` and `docker/host`, and from `xtask`.
    let crate_folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let homes = ["../azurite", "../docker/azurite"].map(|home| crate_folder.join(home));
    let home = home.or_else(|| homes.into_iter().find(|home| home.is_dir())).unwrap_or_default();
    home.join("node_modules/azurite/dist/src/azurite.js")
}

fn read_lines(process: &mut Child) -> mpsc::Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    if let Some(stdout) = process.stdout.take() {
        // Reads on after the addresses are known: an emulator whose pipe is full would stand still.
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                let _ = sender.send(line);
            }
        });
    }
    receiver
}
