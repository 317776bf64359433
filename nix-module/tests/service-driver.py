"""What dev/test-service runs inside its machine, after that has booted: each check ends it where it does not hold."""

import concurrent.futures
import json
import os
import pathlib
import pwd
import random
import re
import subprocess
import sys
import time

HERE = pathlib.Path("/hookq-test")
PACKAGE = (HERE / "package").read_text()
HOOKQ = f"{PACKAGE}/bin/hookq"
HOOK = f"{PACKAGE}/bin/hookq-hook"
CALLS = 200
RESTARTS = 20
# The hook's own bound for everything it does, in seconds.
LONGEST_CALL = 1.0

result = {}


def run(*command, **options):
    done = subprocess.run(command, capture_output=True, text=True, **options)
    if done.returncode != 0:
        say(f"FAILED: {' '.join(command)}: {done.stdout}{done.stderr}")
        say(subprocess.run(["journalctl", "--no-pager", "-u", "hookq*"], capture_output=True, text=True).stdout[-4000:])
        sys.exit(1)
    return done.stdout


def say(what):
    print(what, flush=True)


def check(holds, what):
    if not holds:
        say(f"FAILED: {what}")
        say(subprocess.run(["journalctl", "--no-pager", "-u", "hookq.service"], capture_output=True, text=True).stdout[-4000:])
        sys.exit(1)
    say(f"ok: {what}")


def jobs():
    return json.loads(run(HOOKQ, "list", "--json"))


def service(name):
    return run("systemctl", "show", "--value", f"--property={name}", "hookq.service").strip()


def starts_and_is_hardened():
    for _ in range(600):
        if service("ActiveState") in ("active", "failed"):
            break
        time.sleep(0.1)
    check(service("ActiveState") == "active", "the service is active, which a Type=notify service is when it says so")
    check(service("Type") == "notify", "it is of Type=notify")
    process = pathlib.Path("/proc") / service("MainPID")
    mapped = {line.split(maxsplit=5)[-1].strip() for line in (process / "maps").read_text().splitlines()}
    check(f"{PACKAGE}/lib/hookq/native/libsqlitejdbc.so" in mapped, "its native libraries are the package's")
    check(not any(file.startswith(("/tmp/", "/var/tmp/")) for file in mapped), "none of its files was unpacked at its start")
    check(f"{PACKAGE}/lib/hookq/daemon.aot" in mapped, "it runs with the cache that was made for it")
    status = (process / "status").read_text()
    check("NoNewPrivs:\t1" in status and "CapEff:\t0000000000000000" in status, "it has no capability and can get none")
    check("takes connections from the service manager's socket" in run("journalctl", "-u", "hookq.service"), "it serves systemd's socket")
    judged = run("systemd-analyze", "security", "--no-pager", "hookq.service")
    result["exposure"] = float(re.search(r"level for hookq\.service: ([0-9.]+)", judged)[1])
    check(result["exposure"] <= 2.0, f"its exposure is {result['exposure']}")


def a_build_arrives():
    expression = """
      derivation { name = "built-here"; system = builtins.currentSystem; builder = "/bin/sh";
        PATH = "/bin"; args = [ "-c" "mkdir $out; echo hello >$out/grün" ]; }
    """
    path = run("nix-build", "--no-out-link", "-E", expression, env={**os.environ, "NIX_REMOTE": "daemon"}).strip()
    waited = subprocess.run([HOOKQ, "wait", "--timeout", "60s"], capture_output=True, text=True)
    check(waited.returncode == 0, f"hookq wait says that it is there {waited.stderr}")
    check(pathlib.Path(f"/srv/far{path}/grün").read_text() == "hello\n", "what was built is in the far store, whatever its files are called")


def a_ci_job_reports():
    expression = """
      derivation { name = "built-by-ci"; system = builtins.currentSystem; builder = "/bin/sh";
        PATH = "/bin"; args = [ "-c" "echo ci >$out" ]; }
    """
    environment = {**os.environ, "NIX_REMOTE": "daemon", "PATH": f"{PACKAGE}/bin:{os.environ['PATH']}"}
    out = run("sh", str(HERE / "job"), "-E", expression, env=environment, cwd="/var/tmp")
    check(out == "all of 1 outputs and what they need is in the cache\n", "the CI job of the examples reports what it built")


def restarts_lose_nothing():
    files = []
    folder = pathlib.Path("/var/tmp/added")
    folder.mkdir()
    for n in range(CALLS):
        file = folder / f"added-{n}"
        file.write_text(str(n))
        files.append(str(file))
    paths = run("nix-store", "--add", *files).split()
    check(len(set(paths)) == CALLS, f"{CALLS} store paths")

    def timed(*command, **environment):
        before = time.monotonic()
        done = subprocess.run(command, env=environment, capture_output=True, text=True)
        return done, time.monotonic() - before

    def restart():
        for _ in range(RESTARTS):
            run("systemctl", "restart", "hookq.service")
            time.sleep(random.random() / 2)

    with concurrent.futures.ThreadPoolExecutor() as pool:
        restarting = pool.submit(restart)
        calls = []
        # What starting and reaping a process takes here meanwhile is none of the hook's.
        idle = []
        for path in paths:
            idle.append(timed("/bin/true")[1])
            calls.append(timed(HOOK, OUT_PATHS=path))
            # As many calls as fit between the first restart and the last.
            if not restarting.done():
                time.sleep(0.05 + random.random() / 10)
        restarting.result()
    seconds = [taken for _, taken in calls]
    result["slowest_call_seconds"] = round(max(seconds), 3)
    result["slowest_idle_process_seconds"] = round(max(idle), 3)
    result["median_call_seconds"] = round(sorted(seconds)[len(seconds) // 2], 4)
    result["spooled"] = sum("spooled" in done.stderr for done, _ in calls)
    result["restarts"] = RESTARTS
    check(all(done.returncode == 0 for done, _ in calls), "every hook ended with 0")
    check(not any("lost" in done.stderr for done, _ in calls), "no hook had to give a path up")
    check(max(seconds) <= LONGEST_CALL + max(idle), f"the slowest call took {max(seconds):.3f} s, {result['spooled']} of {CALLS} were spooled")
    waited = subprocess.run([HOOKQ, "wait", "--timeout", "120s"], capture_output=True, text=True)
    check(waited.returncode == 0, f"hookq wait says that all are there {waited.stderr}")
    known = {job["path"]: job["state"] for job in jobs()}
    missing = [path for path in paths if known.get(path) != "done"]
    check(not missing, f"all {CALLS} are known and done {missing[:3]}")
    check(all(os.path.exists(f"/srv/far{path}") for path in paths), "and in the far store")
    result["arrived"] = len(paths)


def what_is_kept_no_longer_is_collected():
    """Pushed here as to a server with services.hookq-receiver; the year that passes is the time of a root."""
    received = pathlib.Path("/nix/var/nix/gcroots/hookq-received/macbook")
    far = {**os.environ, "NIX_REMOTE": "local?root=/srv/far"}
    files = [pathlib.Path("/var/tmp") / name for name in ("a-year-old", "pushed-today")]
    for file in files:
        file.write_text(file.name)
    old, new = run("nix-store", "--add", *map(str, files), env=far).split()
    options = "-p 2222 -i /etc/hookq-test/upload -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o BatchMode=yes -o LogLevel=ERROR"
    pushed = subprocess.run(
        ["nix-copy-closure", "--to", "hookq-upload@127.0.0.1", old, new],
        env={**far, "NIX_SSHOPTS": options},
        capture_output=True,
        text=True,
    )
    check(pushed.returncode == 0, f"an upload key that may do nothing else can push {pushed.stderr if pushed.returncode else ''}")
    roots = [received / os.path.basename(path) for path in (old, new)]
    check(all(os.path.exists(path) and root.is_symlink() for path, root in zip((old, new), roots)), "what it pushed is here and rooted")
    check(pwd.getpwuid(roots[0].lstat().st_uid).pw_name == "hookq-upload", "the root is the upload user's")

    prune = "hookq-receiver-prune"
    check(run("systemctl", "is-active", f"{prune}.timer").strip() == "active", "the timer of the pruning runs")
    run("systemctl", "start", f"{prune}.service")
    check(all(map(os.path.exists, (old, new))), "nothing goes while it is to be kept")
    a_year_ago = time.time() - 365 * 24 * 3600
    os.utime(roots[0], (a_year_ago, a_year_ago), follow_symlinks=False)
    run("systemctl", "start", f"{prune}.service")
    check(not roots[0].is_symlink() and not os.path.exists(old), "what is a year old is let go of and collected")
    check(roots[1].is_symlink() and os.path.exists(new), "what was pushed today is not")
    judged = run("systemd-analyze", "security", "--no-pager", f"{prune}.service")
    result["exposure_of_pruning"] = float(re.search(r"level for \S+: ([0-9.]+)", judged)[1])
    check(result["exposure_of_pruning"] <= 2.0, f"the exposure of the pruning is {result['exposure_of_pruning']}")


def main():
    starts_and_is_hardened()
    a_build_arrives()
    a_ci_job_reports()
    restarts_lose_nothing()
    what_is_kept_no_longer_is_collected()
    (HERE / "result.json").write_text(json.dumps(result))


main()
