//! Takes from the process what compiled code never needs: the network, other programs, and every place on disk but one
//! directory.
//!
//! A kernel that writes out of bounds could do anything that its process may. So the process gives up the right to,
//! before it compiles: Landlock confines writes, seccomp refuses system calls. Both hold for all later threads and
//! cannot be undone. A Linux that lacks one of them, and other systems, run kernels with the other limits only.

use std::path::Path;

#[cfg(target_os = "linux")]
pub(crate) fn enter(writable: &Path) {
    // What the system does not offer cannot be had; the limits on time and memory hold anyway.
    let _ = confine_writes(writable);
    let _ = linux::refuse_calls();
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn enter(_: &Path) {}

#[cfg(target_os = "linux")]
fn confine_writes(writable: &Path) -> Result<(), landlock::RulesetError> {
    use landlock::{
        ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, Ruleset, RulesetAttr, RulesetCreatedAttr,
        path_beneath_rules,
    };
    // The newest rights that are asked for; older kernels enforce what they know of them.
    let abi = ABI::V5;
    Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_write(abi))?
        .handle_access(AccessNet::from_all(abi))?
        .create()?
        .add_rules(path_beneath_rules([writable], AccessFs::from_write(abi)))?
        .restrict_self()?;
    Ok(())
}

#[cfg(target_os = "linux")]
mod linux {
    use std::collections::BTreeMap;

    use seccompiler::{
        BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
        SeccompRule,
    };

    /// The process may still start threads, but no processes, no programs and no connections; it may look at no other
    /// process, and signal none but itself.
    pub(super) fn refuse_calls() -> Result<(), Box<dyn std::error::Error>> {
        let mut refused: BTreeMap<i64, Vec<SeccompRule>> =
            CALLS.iter().map(|call| (*call, Vec::new())).collect();
        refused.insert(
            libc::SYS_clone,
            vec![SeccompRule::new(vec![SeccompCondition::new(
                0,
                SeccompCmpArgLen::Dword,
                SeccompCmpOp::MaskedEq(libc::CLONE_THREAD as u64),
                0,
            )?])?],
        );
        install(refused, libc::EPERM)?;
        // The C library falls back to `clone`, whose flags a filter can see.
        install(BTreeMap::from([(libc::SYS_clone3, Vec::new())]), libc::ENOSYS)
    }

    fn install(calls: BTreeMap<i64, Vec<SeccompRule>>, error: i32) -> Result<(), Box<dyn std::error::Error>> {
        let refuse = SeccompAction::Errno(error as u32);
        let filter =
            SeccompFilter::new(calls, SeccompAction::Allow, refuse, std::env::consts::ARCH.try_into()?)?;
        let program: BpfProgram = filter.try_into()?;
        Ok(seccompiler::apply_filter(&program)?)
    }

    const CALLS: &[i64] = &[
        libc::SYS_accept,
        libc::SYS_accept4,
        libc::SYS_bind,
        libc::SYS_bpf,
        libc::SYS_connect,
        libc::SYS_execve,
        libc::SYS_execveat,
        #[cfg(target_arch = "x86_64")]
        libc::SYS_fork,
        libc::SYS_io_uring_setup,
        libc::SYS_kill,
        libc::SYS_listen,
        libc::SYS_mount,
        libc::SYS_open_by_handle_at,
        libc::SYS_perf_event_open,
        libc::SYS_pidfd_open,
        libc::SYS_pidfd_send_signal,
        libc::SYS_process_vm_readv,
        libc::SYS_process_vm_writev,
        libc::SYS_ptrace,
        libc::SYS_sendmmsg,
        libc::SYS_sendmsg,
        libc::SYS_sendto,
        libc::SYS_setns,
        libc::SYS_shmget,
        libc::SYS_socket,
        libc::SYS_socketpair,
        libc::SYS_unshare,
        libc::SYS_userfaultfd,
        #[cfg(target_arch = "x86_64")]
        libc::SYS_vfork,
    ];
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::net::TcpListener;
    use std::process::Command;

    const CONFINED: &str = "JITCHECK_TEST_CONFINED";

    /// What the confined process does; the test below starts it, since confinement cannot be undone.
    #[test]
    fn confined() {
        let Some(directory) = std::env::var_os(CONFINED) else { return };
        let directory = std::path::Path::new(&directory);
        super::enter(&directory.join("mine"));
        let facts = [
            ("network", TcpListener::bind("127.0.0.1:0").is_ok()),
            ("program", Command::new("true").status().is_ok()),
            ("thread", std::thread::spawn(|| 7).join().is_ok_and(|seven| seven == 7)),
            ("read", std::fs::read_to_string(directory.join("other")).is_ok()),
            ("outside", std::fs::write(directory.join("other"), "x").is_ok()),
        ];
        let lines: String = facts.iter().map(|(what, is)| format!("{what}: {is}\n")).collect();
        std::fs::write(directory.join("mine/facts"), lines).unwrap();
    }

    #[test]
    fn a_confined_process_computes_and_nothing_else() {
        let directory = tempfile::tempdir().unwrap();
        std::fs::create_dir(directory.path().join("mine")).unwrap();
        std::fs::write(directory.path().join("other"), "kept").unwrap();
        let status = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "sandbox::tests::confined"])
            .env(CONFINED, directory.path())
            .status()
            .unwrap();
        assert!(status.success());
        let said = std::fs::read_to_string(directory.path().join("mine/facts")).unwrap();
        let is = |what: &str, answer: bool| {
            assert!(said.contains(&format!("{what}: {answer}")), "{what}, {answer}: {said}");
        };
        is("network", false);
        is("program", false);
        is("thread", true);
        is("read", true);
        if std::fs::read_to_string("/sys/kernel/security/lsm").is_ok_and(|list| list.contains("landlock")) {
            is("outside", false);
            assert_eq!(std::fs::read_to_string(directory.path().join("other")).unwrap(), "kept");
        }
    }
}
