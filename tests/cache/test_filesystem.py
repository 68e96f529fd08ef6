"""Entries in files: what a folder, a disk and other processes can do to them."""

import logging
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notebook_routes.cache import FileCache, State, now, state_of
from notebook_routes.cache.digest import digest_of
from tests.cache.entries import entry, told
from tests.cache.handler_suite import SharedSuite
from tests.cache.processes import child, child_program


class TestFiles(SharedSuite):
    @pytest.fixture
    def make(self, folder):
        return lambda: FileCache(folder)


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "cache"


def path_of(folder, key):
    name = digest_of(key)
    return folder / "entries" / name[:2] / f"{name[2:]}.entry"


def files_in(folder):
    return sorted(path for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("size", [0, 1, 300_000, 2_000_000])
def test_entries_of_any_size(folder, size):
    async def story():
        cache = FileCache(folder)
        await cache.put("k", entry(b"x" * size))
        found = await cache.get("k")
        await cache.close()
        return found.entry.body

    assert told(story()) == b"x" * size


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda data: b"", id="empty"),
        pytest.param(lambda data: data[:-1], id="cut off"),
        pytest.param(lambda data: data[:2], id="nearly empty"),
        pytest.param(lambda data: data + b"x", id="longer"),
        pytest.param(lambda data: data[:-1] + bytes([data[-1] ^ 1]), id="a bit in the body"),
        pytest.param(lambda data: b"\xff" + data[1:], id="a bit in the length"),
        pytest.param(lambda data: data[:4] + b"\xff" + data[5:], id="a bit in the key"),
        pytest.param(lambda data: b"%PDF-1.7\n" * 100, id="foreign"),
    ],
)
def test_a_spoilt_file_is_a_miss_and_goes(folder, spoil):
    async def story():
        cache = FileCache(folder)
        await cache.put("key", entry())
        path = path_of(folder, "key")
        path.write_bytes(spoil(path.read_bytes()))
        listed, found = await cache.entries(), await cache.get("key")
        there = path.exists()
        await cache.put("key", entry(b"again"))
        again = await cache.get("key")
        await cache.close()
        return listed, found, there, again.entry.body

    assert told(story()) == ([], None, False, b"again")


def test_the_file_of_another_key_is_a_miss(folder):
    async def story():
        cache = FileCache(folder)
        await cache.put("a", entry())
        await cache.put("b", entry())
        path_of(folder, "a").replace(path_of(folder, "b"))
        found = await cache.get("b")
        await cache.close()
        return found

    assert told(story()) is None


def test_foreign_files_and_folders_disturb_nobody(folder):
    async def story():
        cache = FileCache(folder)
        await cache.put("k", entry())
        (folder / "entries" / "README").write_text("mine")
        (folder / "entries" / "zz").mkdir()
        (folder / "entries" / "zz" / "sub").mkdir()
        (folder / "leases").mkdir(exist_ok=True)
        (folder / "leases" / f"{digest_of('k')}.lease").write_text('{"token": ')
        lease = await cache.lease("k", 60)
        listed = await cache.entries()
        await cache.put("l", entry())
        await cache.close()
        return bool(lease), [key for key, _ in listed]

    assert told(story()) == (True, ["k"])


@settings(deadline=None, max_examples=30)
@given(puts=st.lists(st.tuples(st.integers(0, 12), st.integers(0, 20_000)), max_size=25))
def test_the_bound_is_never_exceeded(puts):
    limit = 64 * 1024

    async def story(folder):
        cache = FileCache(folder, limit=limit)
        for key, size in puts:
            await cache.put(str(key), entry(b"x" * size))
            taken = sum(-(-path.stat().st_size // 4096) * 4096 for path in files_in(folder))
            assert taken == cache._files.size
            assert taken <= limit
            assert (await cache.get(str(key))).entry.body == b"x" * size
        await cache.close()

    with tempfile.TemporaryDirectory() as folder:
        told(story(Path(folder)))


def test_an_entry_that_is_too_large_is_not_kept_and_the_former_goes(folder):
    async def story():
        cache = FileCache(folder, limit=10_000)
        await cache.put("k", entry())
        await cache.put("k", entry(b"x" * 10_000))
        found = await cache.get("k")
        await cache.close()
        return found

    assert told(story()) is None
    assert files_in(folder) == []


def test_those_that_were_used_last_stay(folder):
    async def story():
        cache = FileCache(folder, limit=10 * 4096)
        for number in range(10):
            await cache.put(str(number), entry())
            os.utime(path_of(folder, str(number)), times=(0, 1000 + number))
        await cache.get("0")
        await cache.put("new", entry())
        kept = sorted(key for key, _ in await cache.entries())
        await cache.close()
        return kept

    assert told(story()) == sorted(["0", "new", "2", "3", "4", "5", "6", "7", "8", "9"])


def test_what_others_have_written_counts(folder):
    async def story():
        cache, other = FileCache(folder, limit=100 * 4096), FileCache(folder, limit=100 * 4096)
        await cache.put("first", entry())
        for number in range(90):
            await other.put(f"other {number}", entry())
        for number in range(90):
            await cache.put(f"own {number}", entry())
        await cache.close()
        await other.close()

    told(story())
    # An eighth of the bound passes before others are counted again.
    assert len(files_in(folder / "entries")) <= 113


def test_what_was_never_finished_is_cleaned_up_later(folder):
    left = path_of(folder, "k").with_suffix(".entry.0123.tmp")
    left.parent.mkdir(parents=True)
    left.write_bytes(b"half")
    fresh = left.with_name("fresh.tmp")
    fresh.write_bytes(b"half")
    os.utime(left, times=(0, time.time() - 3600))

    async def story():
        cache = FileCache(folder)
        await cache.put("k", entry())
        listed = await cache.entries()
        await cache.close()
        return [key for key, _ in listed]

    assert told(story()) == ["k"]
    assert not left.exists()
    assert fresh.exists()


def test_another_process_shares_entries_and_marks(folder):
    program = """
async def story():
    found = await cache.get("k")
    say(found.entry.body.decode())
    await cache.mark(["t"], now())
    await cache.put("theirs", entry(b"from there"))
    say("done")
    sys.stdin.readline()
    say(state_of(await cache.get("mine"), now()))
    await cache.close()
told(story())
"""

    async def story():
        cache = FileCache(folder)
        await cache.put("k", entry(b"from here", tags=["t"], ago=1))
        await cache.put("mine", entry(tags=["u"], ago=1))
        with child(FileCache, program, folder) as process:
            said = [process.stdout.readline().strip(), process.stdout.readline().strip()]
            here = state_of(await cache.get("k"), now()), (await cache.get("theirs")).entry.body
            await cache.mark(["u"], now())
            process.stdin.write("go on\n")
            process.stdin.flush()
            said.append(process.stdout.readline().strip())
        await cache.close()
        return said, here

    assert told(story()) == (["from here", "done", "None"], (None, b"from there"))


def test_of_many_processes_one_has_the_lease(folder):
    program = """
async def story():
    lease = await cache.lease("k", 60)
    say("got it" if lease else "no")
    await cache.close()
sys.stdin.readline()
told(story())
"""
    with (
        child(FileCache, program, folder) as a,
        child(FileCache, program, folder) as b,
        child(FileCache, program, folder) as c,
    ):
        for process in (a, b, c):
            process.stdin.write("go\n")
            process.stdin.flush()
        said = sorted(process.stdout.readline().strip() for process in (a, b, c))
    assert said == ["got it", "no", "no"]


def test_a_lease_from_a_clock_that_was_set_back_does_not_hold_for_ever(folder):
    async def story():
        cache = FileCache(folder)
        await cache.lease("k", 10)
        path = folder / "leases" / f"{digest_of('k')}.lease"
        path.write_text(f'{{"token": "of tomorrow", "until": {now() + 86400}, "seconds": 10}}')
        lease = await cache.lease("k", 10)
        await cache.close()
        return lease

    assert told(story())


def test_an_entry_from_the_future_is_stale(folder):
    async def story():
        cache = FileCache(folder)
        await cache.put("k", entry(ago=-3600))
        found = await cache.get("k")
        await cache.close()
        return state_of(found, now())

    assert told(story()) is State.STALE


def test_killed_in_the_middle_of_writing_no_entry_is_torn(folder):
    program = """
async def story():
    number = 0
    while True:
        number += 1
        await asyncio.gather(*(cache.put(f"k{n}", entry(b"%d " % number * (n * 5000))) for n in range(1, 9)))
        await cache.mark([f"t{number}"], now())
        say(number)
asyncio.run(story())
"""
    for _ in range(5):
        with child(FileCache, program, folder) as process:
            process.stdout.readline()
            process.stdout.readline()
            process.send_signal(signal.SIGKILL)
            process.wait()

    async def story():
        cache = FileCache(folder)
        bodies = {key: (await cache.get(key)).entry.body for key, _ in await cache.entries()}
        await cache.put("after", entry())
        await cache.mark(["after"], now() + 1)
        state = state_of(await cache.get("after"), now())
        await cache.close()
        return bodies, state

    bodies, _ = told(story())
    assert sorted(bodies) == [f"k{n}" for n in range(1, 9)]
    for key, body in bodies.items():
        first = body.partition(b" ")[0]
        assert body == (first + b" ") * (int(key[1:]) * 5000)
    for left in files_in(folder / "entries"):
        if left.suffix == ".tmp":
            os.utime(left, times=(0, 1000))
    told(story())
    assert [path for path in files_in(folder / "entries") if path.suffix == ".tmp"] == []


async def everything(cache):
    """Whatever can be asked of a cache."""
    await cache.put("k", entry(tags=["t"]))
    found = await cache.get("k")
    await cache.remove("k")
    await cache.mark(["t"], now())
    lease = await cache.lease("k", 60)
    await cache.release("k", lease)
    listed = await cache.entries()
    await cache.clear()
    await cache.close()
    return found, bool(lease), listed


def test_where_there_can_be_no_folder_nothing_is_kept_and_one_line_says_so(tmp_path, caplog):
    (tmp_path / "file").write_text("in its place")
    with caplog.at_level(logging.WARNING):
        assert told(everything(FileCache(tmp_path / "file"))) == (None, True, [])
        assert (tmp_path / "file").read_text() == "in its place"
    assert len(caplog.records) == 1
    assert caplog.records[0].name == "notebook_routes.cache"
    assert str(tmp_path / "file") in caplog.text


def test_a_folder_that_is_emptied_while_it_is_used_is_made_again(folder):
    import shutil

    async def story():
        cache = FileCache(folder)
        await cache.put("k", entry(tags=["t"], ago=1))
        await cache.mark(["t"], now())
        shutil.rmtree(folder)
        gone = await cache.get("k")
        await cache.put("k", entry(tags=["t"], ago=1))
        marked = state_of(await cache.get("k"), now())
        await cache.put("k", entry(b"again", tags=["t"]))
        again = await cache.get("k")
        await cache.close()
        return gone, marked, again.entry.body

    assert told(story()) == (None, None, b"again")


def test_what_cannot_be_replaced_or_removed_is_not_given_out(folder, caplog):
    async def story():
        cache = FileCache(folder)
        await cache.put("k", entry(b"old"))
        path = path_of(folder, "k")
        # A folder cannot be replaced by a file, nor unlinked: for root too.
        path.unlink()
        path.mkdir()
        await cache.put("k", entry(b"new"))
        found = await cache.get("k")
        path.rmdir()
        await cache.put("k", entry(b"newer"))
        again = await cache.get("k")
        await cache.close()
        return found, again.entry.body

    assert told(story()) == (None, b"newer")
    assert len(caplog.records) == 1


def test_a_full_disk_keeps_nothing_torn_and_no_mark_is_lost(folder):
    """A limit on the size of files stands for the disk: what is over it is refused in the same way."""
    program = """
import logging, resource
lines = []
logging.getLogger("notebook_routes.cache").addFilter(lambda record: lines.append(record.getMessage()))
async def story():
    await cache.put("k", entry(b"small", tags=["t"], ago=1))
    await cache.put("other", entry(tags=["t"], ago=1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (4000, resource.RLIM_INFINITY))
    await cache.put("k", entry(b"large " * 5000))
    say(await cache.get("k"))
    tags = ["t", *(f"tag {n}" for n in range(500))]
    await cache.mark(tags, now())
    say(state_of(await cache.get("other"), now()))
    say(len(lines), "cache" in lines[0])
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    sys.stdin.readline()
    while cache._marks.behind:
        await cache.get("other")
        await asyncio.sleep(0.05)
    say("written")
    await cache.close()
told(story())
"""

    async def state():
        cache = FileCache(folder)
        found = await cache.get("other")
        listed = [key for key, _ in await cache.entries()]
        await cache.close()
        return state_of(found, now()), listed

    with child(FileCache, program, folder) as process:
        said = [process.stdout.readline().strip() for _ in range(3)]
        assert said == ["None", "None", "1 True"]
        assert told(state())[1] == ["other"]
        assert [path for path in files_in(folder) if path.suffix == ".tmp"] == []
        process.stdin.write("go on\n")
        process.stdin.flush()
        assert process.stdout.readline().strip() == "written"
        assert told(state()) == (None, ["other"])


def test_a_really_full_disk(tmp_path):
    place = tmp_path / "small"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(place)]
    try:
        subprocess.run(mount, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("a small disk can be mounted by root only")

    async def story():
        cache = FileCache(place / "cache")
        for number in range(40):
            await cache.put(f"k{number}", entry(b"%d " % number * 5000, tags=["t"]))
        found = {key: found.entry.body for key, found in await cache.entries()}
        await cache.mark(["t"], now())
        states = {state_of(await cache.get(key), now()) for key in found}
        await cache.close()
        return found, states

    try:
        found, states = told(story())
    finally:
        subprocess.run(["umount", str(place)], check=True)
    assert 5 < len(found) < 20
    assert all(body == b"%d " % int(key[1:]) * 5000 for key, body in found.items())
    assert states == {None}


def test_a_hit_takes_few_system_calls(folder):
    strace = subprocess.run(["which", "strace"], capture_output=True, text=True, check=False).stdout.strip()
    if not strace:
        pytest.skip("strace is not here to count them")
    program = child_program(
        FileCache,
        "async def story():\n"
        "    await cache.put('k', entry(tags=['a', 'b'], ago=1)); await cache.mark(['a'], now(), expire=60)\n"
        "    await cache.get('k')\n"
        "    sys.stderr.write('begin\\n')\n"
        "    for _ in range(100): await cache.get('k', ['c'])\n"
        "    sys.stderr.write('end\\n')\n"
        "    await cache.close()\n"
        "told(story())\n",
    )
    traced = subprocess.run(
        [strace, sys.executable, "-c", program, str(folder)], capture_output=True, text=True, check=True
    ).stderr
    lines = traced.partition('"begin')[2].partition('"end')[0].splitlines()
    assert len(lines) < 100 * 6
