"""Which modules and functions fall under which rule of `rules.py`.

Functions stand under the name that they have after all imports: `from os import system as s; s("ls")` is `os.system`.
A name that ends in `.*` stands for all below it; `pathlib.Path()` is an object that `pathlib.Path(...)` has made.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: Modules of the standard library that the isolate's Python does not have.
MISSING_MODULES = _words(
    """_curses _interpreters _multiprocessing _tkinter curses dbm ensurepip grp idlelib msvcrt nt pwd pydoc_data
    readline resource spwd syslog tkinter turtle turtledemo venv winreg _winreg winsound"""
)
#: Modules and packages that do nothing but talk over sockets of their own.
NETWORK_MODULES = _words(
    """MySQLdb aiohttp aiomysql aiopg amqp asyncpg asyncssh boto3 botocore ftplib gunicorn http.server imaplib kafka
    ldap3 mysql nntplib paho paramiko pika poplib psycopg psycopg2 pymongo pymysql pyodbc redis requests smtpd smtplib
    socketserver telnetlib urllib3 uvicorn websocket websockets wsgiref.simple_server xmlrpc.client xmlrpc.server
    zmq"""
)
#: Packages with compiled code of which PyPI has a wheel for the isolate, or one in plain Python.
EDGE_WHEELS = _words(
    """charset_normalizer frozenlist markupsafe msgspec multidict notebook_routes propcache pydantic pydantic_core
    sqlalchemy tornado yarl"""
)

_LOOPS = (
    "asyncio.get_running_loop()",
    "asyncio.get_event_loop()",
    "asyncio.new_event_loop()",
    "asyncio.AbstractEventLoop()",
)
_PATH = "pathlib.Path()"


def _below(owner: str, names: str) -> Iterator[str]:
    return (f"{owner}.{name}" for name in names.split())


_NAMES: dict[str, tuple[str, ...]] = {
    "EDGE003": (
        "builtins.open",
        "codecs.open",
        "dbm.*",
        "fileinput.*",
        "glob.glob",
        "glob.iglob",
        "linecache.getline",
        "linecache.getlines",
        "notebook_routes.FileResponse",
        "notebook_routes.web.file_response.FileResponse",
        "shelve.open",
        "shutil.disk_usage",
        "shutil.which",
        "configparser.ConfigParser().read",
        *_below("io", "FileIO open_code"),
        *_below("os", "listdir scandir walk fwalk open stat lstat access readlink getxattr"),
        *_below("os.path", "exists lexists isfile isdir islink getsize getmtime getatime getctime samefile"),
        *_below(_PATH, "read_text read_bytes open iterdir glob rglob walk exists is_file is_dir stat lstat"),
        *_below("pandas", "read_csv read_excel read_parquet read_json read_pickle"),
    ),
    "EDGE004": (
        "logging.FileHandler",
        *_below("logging.handlers", "RotatingFileHandler TimedRotatingFileHandler WatchedFileHandler"),
        *_below("shutil", "chown copy copy2 copyfile copymode copystat copytree make_archive move rmtree"),
        "shutil.unpack_archive",
        *_below("tempfile", "NamedTemporaryFile TemporaryDirectory TemporaryFile gettempdir mkdtemp mkstemp mktemp"),
        *_below("os", "chmod chown link makedirs mkdir mkfifo remove removedirs rename renames replace rmdir symlink"),
        *_below("os", "truncate unlink utime"),
        *_below(_PATH, "write_text write_bytes mkdir touch unlink rename replace rmdir chmod symlink_to hardlink_to"),
    ),
    "EDGE005": (
        "asyncio.create_subprocess_exec",
        "asyncio.create_subprocess_shell",
        "asyncio.subprocess.create_subprocess_exec",
        "concurrent.futures.ProcessPoolExecutor",
        "concurrent.futures.process.ProcessPoolExecutor",
        "multiprocessing.*",
        "pty.*",
        "webbrowser.*",
        *_below("os", "_exit abort execl execle execlp execv execve execvp execvpe fork forkpty kill killpg popen"),
        *_below("os", "posix_spawn posix_spawnp spawnl spawnle spawnlp spawnv spawnve spawnvp startfile system wait"),
        *_below("signal", "alarm pause pthread_kill raise_signal setitimer signal sigwait"),
        *_below("subprocess", "Popen call check_call check_output getoutput getstatusoutput run"),
    ),
    "EDGE006": (
        "_thread.start_new_thread",
        "asyncio.to_thread",
        "concurrent.futures.ThreadPoolExecutor",
        "concurrent.futures.thread.ThreadPoolExecutor",
        "threading.Thread",
        "threading.Timer",
        *(f"{loop}.run_in_executor" for loop in _LOOPS),
    ),
    "EDGE007": (
        *_below("asyncio", "open_connection open_unix_connection start_server start_unix_server"),
        *_below("http.client", "HTTPConnection HTTPSConnection"),
        *_below("logging.handlers", "DatagramHandler HTTPHandler SMTPHandler SocketHandler SysLogHandler"),
        *_below("socket", "create_connection create_server fromfd getaddrinfo gethostbyaddr gethostbyname"),
        *_below("socket", "gethostbyname_ex getnameinfo socket socketpair"),
        *_below("urllib.request", "build_opener install_opener urlopen urlretrieve"),
        *(
            f"{loop}.{name}"
            for loop in _LOOPS
            for name in (
                "create_connection",
                "create_server",
                "create_datagram_endpoint",
                "getaddrinfo",
                "sock_connect",
            )
        ),
        *_below("httpx", "delete get head options patch post put request stream Client"),
        *_below("httpx2", "delete get head options patch post put request stream Client"),
    ),
    "EDGE008": (
        "asyncio.run",
        "builtins.breakpoint",
        "builtins.input",
        "getpass.getpass",
        "select.*",
        "time.sleep",
        *(f"{loop}.run_until_complete" for loop in _LOOPS),
        *(f"{loop}.run_forever" for loop in _LOOPS),
    ),
    "EDGE009": ("ctypes.CDLL", "ctypes.PyDLL", "ctypes.cdll.*", "ctypes.pythonapi.*", "ctypes.util.find_library"),
    "EDGE010": (
        "hashlib.pbkdf2_hmac",
        "hashlib.scrypt",
        *_below("os", "getlogin getloadavg getpriority nice sched_getaffinity setsid setuid"),
    ),
    "EDGE013": ("builtins.eval", "builtins.exec", "builtins.compile"),
    "EDGE015": ("zoneinfo.ZoneInfo",),
}
#: What is told wherever it is named, not only where it is called.
ENVIRONMENT = frozenset({"os.environ", "os.environb", "os.getenv", "os.getenvb", "os.putenv", "os.unsetenv"})
#: Told where the module loads; in functions they work.
RANDOMNESS = frozenset(
    {
        "os.getrandom",
        "os.urandom",
        "random.SystemRandom",
        "secrets.*",
        "uuid.uuid1",
        "uuid.uuid4",
        *_below("random", "betavariate choice choices expovariate gauss getrandbits lognormvariate normalvariate"),
        *_below("random", "randbytes randint random randrange sample shuffle triangular uniform"),
    }
)
#: The same, where they are given nothing: `random.Random(7)` gives the same everywhere.
SEEDED = frozenset({"random.Random", "random.seed"})
CLOCK = frozenset(
    {
        *_below("time", "time time_ns monotonic monotonic_ns perf_counter perf_counter_ns process_time"),
        *_below("datetime.datetime", "now today utcnow"),
        "datetime.date.today",
    }
)
#: The same, where they are given no moment, by the number of arguments that they may have without one.
CLOCK_WITHOUT_MOMENT = {"time.localtime": 0, "time.gmtime": 0, "time.ctime": 0, "time.asctime": 0, "time.strftime": 1}
#: They open what their first argument names, if that is a name of a file; of an open file they need none.
OPENS_ITS_ARGUMENT = frozenset(
    {"bz2.open", "gzip.open", "lzma.open", "sqlite3.connect", "tarfile.open", "zipfile.ZipFile"}
)

#: Objects that the user's names hold by now, which no isolate has.
OBJECTS = {
    "_io.BufferedReader()": "EDGE003",
    "_io.BufferedWriter()": "EDGE004",
    "_io.TextIOWrapper()": "EDGE003",
    "concurrent.futures.process.ProcessPoolExecutor()": "EDGE005",
    "concurrent.futures.thread.ThreadPoolExecutor()": "EDGE006",
    "socket.socket()": "EDGE007",
    "subprocess.Popen()": "EDGE005",
    "threading.Thread()": "EDGE006",
}

CALLS: dict[str, str] = {name: code for code, names in _NAMES.items() for name in names}


def rule_of(name: str) -> str | None:
    """The code of the rule that a function falls under wherever it is called."""
    return _found(name, CALLS)


def is_among(name: str, names: frozenset[str]) -> bool:
    """Whether a function is in one of the sets above."""
    return name in names or f"{name.rpartition('.')[0]}.*" in names


def _found(name: str, table: dict[str, str]) -> str | None:
    code = table.get(name)
    owner = name
    # What an object has is the object's: the rule is told where it is made.
    while code is None and "." in owner and not owner.rpartition(".")[0].endswith("()"):
        owner = owner.rpartition(".")[0]
        code = table.get(f"{owner}.*")
    return code
