//! `exec`: exit codes, record, identity, limits, descriptors, parent death, cgroup.

mod common;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

use rustix::process::Signal;

use common::{
    LAUNCH, OTHER_ID, Running, copy_for_everybody, is_root, launch, run, run_shell,
    run_unprivileged, skip, stderr, stdout, successful, temp_dir, text,
};

#[test]
fn the_exit_code_is_the_programs_own() {
    assert_eq!(run_shell(&[], "exit 7").status.code(), Some(7));
}

#[test]
fn a_program_that_is_missing_gives_127_and_one_line() {
    let output = run(["exec", "--", "/no/such/program"]);
    assert_eq!(output.status.code(), Some(127));
    assert!(
        stderr(&output).starts_with("vulcan-launch: /no/such/program: "),
        "{}",
        stderr(&output)
    );
    assert_eq!(stderr(&output).lines().count(), 1);
}

#[test]
fn a_file_that_cannot_be_executed_gives_126() {
    let dir = temp_dir();
    let file = dir.path().join("data");
    fs::write(&file, "no program").expect("a file");
    assert_eq!(run(["exec", "--", text(&file)]).status.code(), Some(126));
}

#[test]
fn a_failed_launch_gives_125_and_does_not_run_the_program() {
    let output = run_shell(&["--netns", "/no/such/namespace"], "echo ran");
    assert_eq!(output.status.code(), Some(125));
    assert_eq!(stdout(&output), "");
    assert!(
        stderr(&output).contains("/no/such/namespace"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn a_wrong_command_line_gives_64() {
    let wrong: [&[&str]; 12] = [
        &[],
        &["fly"],
        &["exec"],
        &["exec", "--sandbox", "--", "true"],
        &["exec", "--uid", "1", "--", "true"],
        &["exec", "--uid", "one", "--gid", "1", "--", "true"],
        &["exec", "--bind", "/usr:/usr", "--", "true"],
        &["exec", "--root", "/mnt", "--bind", "/usr:usr", "--", "true"],
        &[
            "exec",
            "--root",
            "/mnt",
            "--bind",
            "/usr:/a/../b",
            "--",
            "true",
        ],
        &[
            "exec",
            "--new-netns",
            "--netns",
            "/run/netns/x",
            "--",
            "true",
        ],
        &["exec", "--rlimit", "fortune=3", "--", "true"],
        &["kill", "record", "--signal", "NONSENSE"],
    ];
    for args in wrong {
        let output = run(args);
        assert_eq!(output.status.code(), Some(64), "{args:?}");
        assert!(
            stderr(&output).starts_with("vulcan-launch: usage: "),
            "{args:?}"
        );
    }
}

#[test]
fn the_record_is_complete_before_the_program_runs() {
    let dir = temp_dir();
    let file = dir.path().join("record");
    let output = run_shell(
        &["--record", text(&file)],
        &format!("cat {}; cat /proc/$$/stat", file.display()),
    );
    let out = successful(&output);
    let (record, stat) = out.split_once('\n').expect("two lines");
    let record: serde_json::Value = serde_json::from_str(record).expect("JSON");
    let fields: Vec<&str> = stat.split(' ').collect();
    assert_eq!(record["pid"].to_string(), fields[0]);
    assert_eq!(record["start_time_ticks"].to_string(), fields[21]);
    let boot_id = fs::read_to_string("/proc/sys/kernel/random/boot_id").expect("a boot id");
    assert_eq!(record["boot_id"], boot_id.trim());
    assert_eq!(
        fs::metadata(&file)
            .expect("the record")
            .permissions()
            .mode()
            & 0o777,
        0o600
    );
}

#[test]
fn a_record_that_exists_is_kept_and_nothing_is_run() {
    let dir = temp_dir();
    let file = dir.path().join("record");
    fs::write(&file, "somebody's").expect("a file");
    let output = run_shell(&["--record", text(&file)], "echo ran");
    assert_eq!(output.status.code(), Some(125));
    assert_eq!(stdout(&output), "");
    assert_eq!(fs::read_to_string(&file).expect("the file"), "somebody's");
}

#[test]
fn no_new_privs_is_always_set() {
    assert!(successful(&run_shell(&[], "cat /proc/self/status")).contains("NoNewPrivs:\t1\n"));
}

#[test]
fn user_group_and_groups_are_exactly_those_given() {
    if !is_root() {
        return skip("only root can become somebody else");
    }
    let options = [
        "--uid", "54321", "--gid", "54322", "--group", "54323", "--group", "54324",
    ];
    let status = successful(&run_shell(&options, "cat /proc/self/status"));
    assert!(
        status.contains("Uid:\t54321\t54321\t54321\t54321\n"),
        "{status}"
    );
    assert!(
        status.contains("Gid:\t54322\t54322\t54322\t54322\n"),
        "{status}"
    );
    assert!(status.contains("Groups:\t54323 54324 \n"), "{status}");
    for set in ["CapPrm", "CapEff", "CapAmb"] {
        assert!(
            status.contains(&format!("{set}:\t0000000000000000\n")),
            "{status}"
        );
    }
    let alone = successful(&run_shell(
        &["--uid", "54321", "--gid", "54322"],
        "grep Groups: /proc/self/status",
    ));
    assert_eq!(alone.trim_end(), "Groups:");
}

#[test]
fn without_root_only_the_own_identity_is_accepted() {
    let dir = temp_dir();
    let program = copy_for_everybody(dir.path());
    let uid = if is_root() {
        OTHER_ID
    } else {
        rustix::process::geteuid().as_raw()
    }
    .to_string();
    let gid = if is_root() {
        OTHER_ID
    } else {
        rustix::process::getegid().as_raw()
    }
    .to_string();
    let own = run_unprivileged(
        &program,
        &["exec", "--uid", &uid, "--gid", &gid, "--", "id", "-u"],
    );
    assert_eq!(successful(&own).trim(), uid);
    for other in [["0", &gid], [&uid, "0"]] {
        let args = [
            "exec", "--uid", other[0], "--gid", other[1], "--", "echo", "ran",
        ];
        let output = run_unprivileged(&program, &args);
        assert_eq!(output.status.code(), Some(125));
        assert_eq!(stdout(&output), "");
    }
}

#[test]
fn resource_limits_are_set() {
    let options = [
        "--rlimit",
        "nofile=64:128",
        "--rlimit",
        "core=0",
        "--rlimit",
        "cpu=600:unlimited",
    ];
    let limits = successful(&run_shell(
        &options,
        "ulimit -Sn; ulimit -Hn; ulimit -Hc; ulimit -St",
    ));
    assert_eq!(limits, "64\n128\n0\n600\n");
}

#[test]
fn inherited_descriptors_survive() {
    let script = format!("exec {LAUNCH} exec -- /bin/sh -c 'cat <&3' 3</proc/sys/kernel/ostype");
    let output = Command::new("/bin/sh")
        .args(["-c", &script])
        .output()
        .expect("a shell");
    assert_eq!(successful(&output), "Linux\n");
}

#[test]
fn the_program_has_the_pid_of_the_launcher() {
    let child = launch(["exec", "--", "/bin/sh", "-c", "echo $$"])
        .stdout(Stdio::piped())
        .spawn()
        .expect("vulcan-launch starts");
    let pid = child.id().to_string();
    let output = child.wait_with_output().expect("an exit");
    assert_eq!(successful(&output).trim(), pid);
}

#[test]
fn a_broken_pipe_ends_the_program_as_usual() {
    let status = successful(&run_shell(&[], "grep SigIgn /proc/self/status"));
    let ignored = status.split_whitespace().last().expect("a mask");
    let ignored = u64::from_str_radix(ignored, 16).expect("a hexadecimal mask");
    assert_eq!(ignored & (1 << (Signal::PIPE.as_raw() - 1)), 0, "{status}");
}

#[test]
fn the_program_dies_with_a_parent_that_is_killed() {
    let dir = temp_dir();
    let record = dir.path().join("record");
    let script = format!(
        "{LAUNCH} exec --die-with-parent --record {} -- /bin/sh -c 'echo ready; exec sleep 1000' & wait",
        record.display()
    );
    let mut parent = Running::until_line(Command::new("/bin/sh").args(["-c", &script]), "ready");
    let looked = run(["kill", text(&record), "--signal", "0", "--wait-ms", "0"]);
    assert_eq!(stdout(&looked), "alive\n");
    parent.0.kill().expect("a SIGKILL");
    let output = run(["kill", text(&record), "--signal", "0", "--wait-ms", "60000"]);
    assert_eq!(output.status.code(), Some(0), "still {}", stdout(&output));
}

#[test]
fn the_parent_death_signal_survives_a_change_of_identity() {
    if !is_root() {
        return skip("only root can become somebody else");
    }
    let dir = temp_dir();
    let record = dir.path().join("record");
    let script = format!(
        "{LAUNCH} exec --die-with-parent --uid {OTHER_ID} --gid {OTHER_ID} --record {} -- \
         /bin/sh -c 'echo ready; exec sleep 1000' & wait",
        record.display()
    );
    let mut parent = Running::until_line(Command::new("/bin/sh").args(["-c", &script]), "ready");
    parent.0.kill().expect("a SIGKILL");
    let output = run(["kill", text(&record), "--signal", "0", "--wait-ms", "60000"]);
    assert_eq!(output.status.code(), Some(0), "still {}", stdout(&output));
}

#[test]
fn a_program_whose_expected_parent_is_gone_is_not_run() {
    let own = format!("--die-with-parent={}", std::process::id());
    assert_eq!(
        successful(&run(["exec", &own, "--", "echo", "ran"])),
        "ran\n"
    );
    let output = run(["exec", "--die-with-parent=2147483646", "--", "echo", "ran"]);
    assert_eq!(output.status.code(), Some(125));
    assert_eq!(stdout(&output), "");
}

#[test]
fn a_new_network_namespace_has_only_loopback() {
    if !is_root() {
        return skip("the own root covers this without root");
    }
    let devices = successful(&run_shell(
        &["--new-netns"],
        "tail -n +3 /proc/self/net/dev | cut -d: -f1",
    ));
    assert_eq!(devices.trim(), "lo");
}

#[test]
fn the_program_runs_in_the_cgroup() {
    let hierarchy = [
        "/sys/fs/cgroup",
        "/sys/fs/cgroup/unified",
        "/sys/fs/cgroup/pids",
        "/sys/fs/cgroup/freezer",
    ]
    .into_iter()
    .find(|dir| Path::new(dir).join("cgroup.procs").exists());
    let Some(hierarchy) = hierarchy else {
        return skip("no cgroups are mounted");
    };
    let name = format!("vulcan-launch-test-{}", std::process::id());
    let cgroup = Path::new(hierarchy).join(&name);
    if let Err(error) = fs::create_dir(&cgroup) {
        return skip(&format!("no cgroup can be made: {error}"));
    }
    let output = run_shell(&["--cgroup", text(&cgroup)], "cat /proc/self/cgroup");
    fs::remove_dir(&cgroup).expect("an empty cgroup");
    assert!(
        successful(&output).contains(&format!(":/{name}\n")),
        "{}",
        stdout(&output)
    );
}
