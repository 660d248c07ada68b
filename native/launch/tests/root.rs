//! `exec --root`: the program sees what it was given and nothing else, with and without root.

mod common;

use std::fs;
use std::path::Path;
use std::process::Output;

use common::{
    copy_for_everybody, is_root, run, run_unprivileged, shell_binds, skip, stderr, stdout,
    successful, temp_dir, text,
};

struct Jail {
    dir: tempfile::TempDir,
}

impl Jail {
    /// `root` (empty, for the mount), and two directories to bind, with a file each.
    fn new() -> Self {
        let dir = temp_dir();
        for name in ["root", "shared", "own"] {
            fs::create_dir(dir.path().join(name)).expect("a directory");
        }
        fs::write(dir.path().join("shared/file"), "as it was").expect("a file");
        Self { dir }
    }

    fn path(&self, name: &str) -> String {
        text(&self.dir.path().join(name)).to_owned()
    }

    fn args(&self, binds: &[String], options: &[&str], script: &str) -> Vec<String> {
        let mut args = vec!["exec".to_owned(), "--root".to_owned(), self.path("root")];
        args.extend(shell_binds());
        args.extend(
            binds
                .iter()
                .flat_map(|bind| ["--bind".to_owned(), bind.clone()]),
        );
        args.extend(options.iter().map(|&option| option.to_owned()));
        args.extend(["--", "/bin/sh", "-c", script].map(str::to_owned));
        args
    }

    fn run(&self, binds: &[String], script: &str) -> Output {
        run(self.args(binds, &[], script))
    }
}

fn names(output: &Output) -> Vec<String> {
    successful(output).lines().map(str::to_owned).collect()
}

#[test]
fn only_what_is_bound_is_there() {
    if !is_root() {
        return skip("the test without root covers this");
    }
    let jail = Jail::new();
    let bind = format!("{}:/data/deep/file", jail.path("shared/file"));
    let found = names(&jail.run(
        &[bind],
        "ls -A /; ls -A /data/deep; cat /data/deep/file; echo; pwd",
    ));
    let bound = |name: &&str| *name == "data" || Path::new("/").join(name).exists();
    let mut expected: Vec<&str> = ["bin", "data", "lib", "lib64", "usr"]
        .into_iter()
        .filter(bound)
        .collect();
    expected.extend(["file", "as it was", "/"]);
    assert_eq!(found, expected, "no /proc, no /dev, no old root");
}

#[test]
fn the_root_and_what_is_bound_are_read_only() {
    if !is_root() {
        return skip("the test without root covers this");
    }
    let jail = Jail::new();
    let binds = [
        format!("{}:/data", jail.path("shared")),
        format!("{}:/file", jail.path("shared/file")),
    ];
    for script in [
        "mkdir /new",
        "echo x > /data/new",
        "echo x > /data/file",
        "echo x > /file",
        "rm /data/file",
    ] {
        let output = jail.run(&binds, script);
        assert!(!output.status.success(), "{script} succeeded");
        assert!(
            stderr(&output).contains("Read-only file system"),
            "{script}: {}",
            stderr(&output)
        );
    }
    assert_eq!(
        fs::read_to_string(jail.path("shared/file")).expect("the file"),
        "as it was"
    );
}

#[test]
fn what_is_bound_writable_is_written_on_the_outside() {
    if !is_root() {
        return skip("the test without root covers this");
    }
    let jail = Jail::new();
    let output = jail.run(
        &[format!("{}:/own:rw", jail.path("own"))],
        "echo new > /own/file",
    );
    successful(&output);
    assert_eq!(
        fs::read_to_string(jail.path("own/file")).expect("the file"),
        "new\n"
    );
}

#[test]
fn a_bind_inside_another_covers_it_and_creates_nothing() {
    if !is_root() {
        return skip("the test without root covers this");
    }
    let jail = Jail::new();
    let outer = format!("{}:/data:rw", jail.path("own"));
    let inner = format!("{}:/data/file", jail.path("shared/file"));
    let output = jail.run(&[outer.clone(), inner.clone()], "true");
    assert_eq!(output.status.code(), Some(125), "there is nothing to cover");
    assert!(!Path::new(&jail.path("own/file")).exists());
    fs::write(jail.path("own/file"), "covered").expect("a file");
    assert_eq!(
        successful(&jail.run(&[outer, inner], "cat /data/file")),
        "as it was"
    );
}

#[test]
fn a_device_works_only_when_bound_as_one() {
    if !is_root() {
        return skip("the test without root covers this");
    }
    let jail = Jail::new();
    let works = jail.run(
        &["/dev/zero:/dev/zero:dev".to_owned()],
        "head -c 2 /dev/zero | wc -c",
    );
    assert_eq!(successful(&works).trim(), "2");
    let refused = jail.run(&["/dev/zero:/dev/zero".to_owned()], "head -c 2 /dev/zero");
    assert!(
        stderr(&refused).contains("Permission denied"),
        "{}",
        stderr(&refused)
    );
}

#[test]
fn nothing_is_left_when_the_program_has_ended() {
    if !is_root() {
        return skip("the test without root covers this");
    }
    let jail = Jail::new();
    successful(&jail.run(&[], "true"));
    let mounts = fs::read_to_string("/proc/self/mounts").expect("the mounts");
    assert!(!mounts.contains(&jail.path("root")));
    fs::remove_dir(jail.path("root")).expect("an empty directory without a mount");
}

#[test]
fn a_missing_source_fails_the_launch_and_is_named() {
    if !is_root() {
        return skip("the test without root covers this");
    }
    let output = Jail::new().run(&["/no/such/source:/data".to_owned()], "echo ran");
    assert_eq!(output.status.code(), Some(125));
    assert_eq!(stdout(&output), "");
    assert!(
        stderr(&output).contains("/no/such/source"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn the_identity_is_changed_inside_the_root() {
    if !is_root() {
        return skip("only root can become somebody else");
    }
    let jail = Jail::new();
    let args = jail.args(
        &[],
        &["--uid", "54321", "--gid", "54322", "--new-netns"],
        "id -u; id -g; umask",
    );
    assert_eq!(successful(&run(args)), "54321\n54322\n0022\n");
}

#[test]
fn without_root_a_user_namespace_gives_the_same_root() {
    let jail = Jail::new();
    let program = copy_for_everybody(jail.dir.path());
    let probe = run_unprivileged(&program, &["exec", "--new-netns", "--", "true"]);
    if !probe.status.success() {
        return skip(&format!(
            "no user namespaces here: {}",
            stderr(&probe).trim()
        ));
    }
    let binds = [
        format!("{}:/data", jail.path("shared")),
        "/dev/zero:/dev/zero:dev".to_owned(),
    ];
    let script =
        "id -u; cat /data/file; echo; head -c 2 /dev/zero | wc -c; ls -A / | tr '\\n' ' '; echo
                  (echo x > /data/file) 2>&1; (mkdir /new) 2>&1; mount -t tmpfs none /data 2>&1";
    let args = jail.args(&binds, &["--new-netns"], script);
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let output = run_unprivileged(&program, &args);
    let out = stdout(&output);
    let uid = if is_root() {
        common::OTHER_ID
    } else {
        rustix::process::geteuid().as_raw()
    };
    assert!(
        out.starts_with(&format!("{uid}\nas it was\n2\n")),
        "{out}{}",
        stderr(&output)
    );
    assert!(!out.contains("proc"), "{out}");
    assert_eq!(out.matches("Read-only file system").count(), 2, "{out}");
    assert!(!output.status.success(), "mounted something: {out}");
}

#[test]
fn without_root_a_new_network_namespace_has_only_loopback() {
    let dir = temp_dir();
    let program = copy_for_everybody(dir.path());
    let script = "tail -n +3 /proc/self/net/dev | cut -d: -f1; grep CapEff /proc/self/status";
    let output = run_unprivileged(
        &program,
        &["exec", "--new-netns", "--", "/bin/sh", "-c", script],
    );
    if output.status.code() == Some(125) {
        return skip(&format!(
            "no user namespaces here: {}",
            stderr(&output).trim()
        ));
    }
    let out = successful(&output);
    assert_eq!(
        out.split_whitespace().collect::<Vec<_>>(),
        ["lo", "CapEff:", "0000000000000000"]
    );
}
