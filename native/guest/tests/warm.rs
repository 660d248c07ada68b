//! The differential test of interpreters that wait: each program of `tests/warm/corpus` runs in a
//! fresh interpreter and in one that waited, as in a VM but without one, in the image's own root.
//! Exit code and output must be the same, byte for byte. Programs of `tests/warm/differs` show what
//! may differ. `docs/warm-interpreters.md` lists all of them.
//!
//! A test is a file, so this prints what the harness of the other tests would print.

mod support;
mod warm_programs;

use std::io::{Read, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use rustix::process::getuid;
use vulcan_guest::fork::{Child, fork};
use warm_programs::compare::check;
use warm_programs::listed::check_list;
use warm_programs::program::{Program, programs};
use warm_programs::root::enter_image;

const RUNTIMES: [&str; 2] = ["python", "node"];

fn main() -> ExitCode {
    if !getuid().is_root() {
        println!("test warm ... ignored, only root changes roots");
        return result(0, 0, 1);
    }
    let filter = std::env::args().skip(1).find(|arg| !arg.starts_with('-'));
    let all: Vec<_> = RUNTIMES
        .iter()
        .map(|runtime| programs(runtime).expect("the corpus"))
        .collect();
    let mut lines = vec![tell("the_list", &catch(|| check_list(&all.concat())))];
    let mount_point = tempfile::tempdir().expect("mount point");
    // Each runtime gets half of the processors, or shares one.
    let share = std::thread::available_parallelism().map_or(1, |count| count.get().div_ceil(2));
    let workers: Vec<_> = RUNTIMES
        .iter()
        .zip(&all)
        .flat_map(|(runtime, programs)| (0..share).map(move |part| (*runtime, programs, part)))
        .map(|(runtime, programs, part)| {
            let part = programs.iter().skip(part).step_by(share);
            let wanted = part.filter(|program| {
                filter
                    .as_ref()
                    .is_none_or(|filter| program.name.contains(filter.as_str()))
            });
            start_worker(runtime, wanted.collect(), mount_point.path())
        })
        .collect();
    for (worker, mut output) in workers {
        let mut text = String::new();
        output
            .read_to_string(&mut text)
            .expect("what a worker says");
        lines.extend(text.lines().map(str::to_owned));
        if worker.wait().expect("wait").exit_status() != Some(0) {
            lines.push(tell("a_worker", &Err("it failed".to_owned())));
        }
    }
    let passed = lines
        .iter()
        .filter(|line| line.ends_with(" ... ok"))
        .count();
    for line in &lines {
        println!("{line}");
    }
    result(passed, lines.len() - passed, 0)
}

fn result(passed: usize, failed: usize, ignored: usize) -> ExitCode {
    let word = if failed == 0 { "ok" } else { "FAILED" };
    println!(
        "\ntest result: {word}. {passed} passed; {failed} failed; {ignored} ignored; 0 measured"
    );
    ExitCode::from(u8::from(failed > 0))
}

/// One line for a test; what went wrong goes to stderr.
fn tell(name: &str, outcome: &Result<(), String>) -> String {
    match outcome {
        Ok(()) => format!("test {name} ... ok"),
        Err(words) => {
            eprintln!("---- {name} ----\n{words}\n");
            format!("test {name} ... FAILED")
        }
    }
}

fn catch(body: impl FnOnce() -> Result<(), String>) -> Result<(), String> {
    catch_unwind(AssertUnwindSafe(body)).unwrap_or_else(|_| Err("it panicked".to_owned()))
}

/// Checks programs in a process that has the image as its root.
fn start_worker(
    runtime: &str,
    programs: Vec<&Program>,
    mount_point: &Path,
) -> (Child, std::io::PipeReader) {
    let (reader, mut writer) = std::io::pipe().expect("pipe");
    let worker = fork(|| {
        enter_image(&image(runtime), mount_point).expect("the image as root");
        for program in programs {
            let line = tell(&program.name, &catch(|| check(program)));
            writeln!(writer, "{line}").expect("a line");
        }
        0
    });
    (worker.expect("fork"), reader)
}

fn image(runtime: &str) -> PathBuf {
    let home = std::env::var("VULCAN_HOME").expect("VULCAN_HOME, where the images are");
    Path::new(&home)
        .join("rootfs")
        .join(format!("{runtime}.ext4"))
}
